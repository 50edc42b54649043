"""Where the benchmarks keep what they install, what they measure, and what they found."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
WORK = REPOSITORY / ".fleet" / "bench"
RESULTS = REPOSITORY / "benchmarks" / "results"
PAGE = REPOSITORY / "docs" / "benchmarks.md"
DRIFT_PAGE = REPOSITORY / "docs" / "drift.md"
EVENT = REPOSITORY / "tests" / "integration" / "predict" / "events" / "rest_proxy.json"
# The interpreter without the environment's packages, as an image has it.
PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
# Tells the usual way where its model lies.
MODEL_VARIABLE = "BENCHMARK_MODEL"
