"""Training benchmark: the real pipelines, on generated data of the real shape and size.

Each model is trained in its own process, on all cores, with both buckets in memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fleet_model import Retraining, sample, with_sample
from benchmarks.layout import REPOSITORY, WORK
from modelfleet.catalogue import names
from modelfleet.registry.bundle_store import BundleStore

# Memory of the train function (cdk/retraining/train_function.py), and limits for each model.
MEMORY_MB = 3008
SECONDS = {"carvision": 180.0}
SECONDS_OTHERWISE = 60.0
BUNDLE_MB = 20.0
_KIBIBYTE = 1024
_TIMEOUT_SECONDS = 900.0


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Train every model of the catalogue, in sequence."""
    found = {}
    for model in names():
        say(f"train {model}")
        found[model] = _in_a_process(model)
    return {"models": found}


def limit_seconds(model: str) -> float:
    """Return the time limit of a model's training."""
    return SECONDS.get(model, SECONDS_OTHERWISE)


def train_once(model: str) -> dict[str, float]:
    """Prepare, train, evaluate, and register; times in seconds, sizes in megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        retraining = with_sample(model, Path(folder))
    start = time.perf_counter()
    state = retraining.prepared()
    prepared = time.perf_counter()
    state = retraining.trained(state)
    trained = time.perf_counter()
    state = retraining.evaluated(state)
    evaluated = time.perf_counter()
    version = retraining.released(state)
    return {
        "rows": len(sample(model)),
        "prepare_seconds": round(prepared - start, 2),
        "train_seconds": round(trained - prepared, 2),
        "evaluate_seconds": round(evaluated - trained, 2),
        "total_seconds": round(time.perf_counter() - start, 2),
        "bundle_mb": round(_bundle_mb(retraining, version), 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE / 1e6, 1),
    }


def _bundle_mb(retraining: Retraining, version: str) -> float:
    """Return the size that the gate limits."""
    return BundleStore(retraining.artifacts).bundle(retraining.spec.name, version).size / 1e6


def _in_a_process(model: str) -> dict[str, float]:
    WORK.mkdir(parents=True, exist_ok=True)
    result = WORK / f"training-{model}.json"
    subprocess.run(
        [sys.executable, "-m", "benchmarks.training", model, str(result)],
        cwd=REPOSITORY,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    )
    figures: dict[str, float] = json.loads(result.read_text())
    return figures


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(train_once(sys.argv[1])))
