"""Paths of the benchmarks: installed packages, inputs, and results."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
WORK = REPOSITORY / ".fleet" / "bench"
RESULTS = REPOSITORY / "benchmarks" / "results"
README = REPOSITORY / "README.md"
PAGE = REPOSITORY / "docs" / "benchmarks.md"
DRIFT_PAGE = REPOSITORY / "docs" / "drift.md"
EVENT = REPOSITORY / "tests" / "integration" / "serving" / "events" / "rest_proxy.json"
# The interpreter without the virtual environment's packages, as in an image.
PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
# Environment variable with the model's location, for the usual way.
MODEL_VARIABLE = "BENCHMARK_MODEL"
