"""The same rows and the same code give the same numbers, in whatever process."""

import json
import os
import subprocess
import sys
from typing import Any

TRAIN = """
from modelfleet.training.staging import candidate_folder
from modelfleet.registry.bundle_store import read_bundle
from tests.training import MemoryRegistry, staged, trained

store = staged("telecom")
bundle = read_bundle(store, candidate_folder(trained(store, MemoryRegistry(), "telecom")))
print(bundle.manifest.model_dump_json())
"""


def test_two_processes_train_the_same_model() -> None:
    """Another order of hashes and another number of threads change no digit and no file."""
    started = [_train(seed, threads) for seed, threads in (("1", "1"), ("2", "2"))]
    first, second = (_manifest(process) for process in started)
    assert first == second
    assert first["metrics"]
    assert first["selection"]["candidates"]


def _train(hash_seed: str, threads: str) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "PYTHONHASHSEED": hash_seed,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
    }
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", TRAIN],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def _manifest(process: "subprocess.Popen[str]") -> Any:
    answered, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(answered.splitlines()[-1])
