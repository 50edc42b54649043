"""Checks before deployment: contract tests, accuracy, start time, and latency."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cli.local_cloud.layout import REPOSITORY
from cli.output.errors import FleetError
from cli.training.local_training import LocalTraining
from modelfleet.evaluation.gate import Decision
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.model_columns import read_table
from modelfleet.tables.table_format import AS_FOUND, ReadOptions
from modelfleet.tables.validate import validate

_CONTRACT = ("tests/contract/models", "tests/contract/serving")
_COUNTS = re.compile(r"(\d+) (passed|failed|error)")
# The tests take minutes on a busy machine.
_TIMEOUT_SECONDS = 1_200
_ROWS = 230


@dataclass(frozen=True)
class ContractOutcome:
    """Numbers of passed and failed contract tests, and the failures."""

    passed: int
    failed: int
    failures: tuple[str, ...]


@dataclass(frozen=True)
class ServedOutcome:
    """Latencies of a bundle in a fresh process, in milliseconds."""

    first_answer_ms: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class ModelCheck:
    """Results of all checks."""

    contract: ContractOutcome
    training: LocalTraining
    served: ServedOutcome

    @property
    def is_good(self) -> bool:
        """Whether the model may be deployed: contract tests pass and the gate promotes it."""
        return not self.contract.failed and self.training.verdict.decision is Decision.PROMOTE


def run_contract_tests(model: str) -> ContractOutcome:
    """Run the contract tests for one model.

    Raises
    ------
    FleetError
        If there are no tests or they cannot be run.
    """
    if not (REPOSITORY / _CONTRACT[0]).exists():
        raise FleetError("contract tests not found; run the command in a clone of the repository")
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "--no-header", "--tb=line", "-rfE"]
    command += ["--durations=0", "-p", "no:cacheprovider", "-k", model, *_CONTRACT]
    done = _run([*command, "-o", "addopts=--import-mode=importlib"])
    counts = {kind: int(count) for count, kind in _COUNTS.findall(done.stdout)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    if not counts.get("passed") and not failed:
        raise FleetError(f"the contract tests did not run: {(done.stdout + done.stderr)[-500:]}")
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return ContractOutcome(counts.get("passed", 0), failed, tuple(lines))


def serve_fresh(
    spec: ModelSpec, table: Path, bundle: Path, options: ReadOptions = AS_FOUND
) -> ServedOutcome:
    """Serve a bundle in a new process and request predictions for rows of a table.

    Raises
    ------
    FleetError
        If the bundle cannot be served.
    """
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        rows.write_text(json.dumps(_features(spec, table, options)))
        command = [
            sys.executable,
            "-m",
            "cli.training.bundle_probe",
            spec.name,
            str(bundle),
            str(rows),
        ]
        start = time.monotonic()
        done = _run(command)
    if done.returncode:
        raise FleetError(f"{spec.name}: cannot serve the bundle: {done.stderr.strip()[-500:]}")
    found = json.loads(done.stdout)
    milliseconds = np.array(found["seconds"]) * 1000
    return ServedOutcome(
        first_answer_ms=(found["first_answer_at"] - start) * 1000,
        p50_ms=float(np.quantile(milliseconds, 0.5)),
        p95_ms=float(np.quantile(milliseconds, 0.95)),
    )


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program in the repository's root folder."""
    try:
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise FleetError(f"timed out after {_TIMEOUT_SECONDS} s: {' '.join(command)}") from error


def _features(spec: ModelSpec, table: Path, options: ReadOptions) -> Sequence[dict[str, Any]]:
    found = read_table(spec, table, options)
    values = list(zip(*found.columns.values(), strict=True))[: 2 * _ROWS]
    named = [dict(zip(found.columns, row, strict=True)) for row in values]
    rows = validate(spec, enumerate(named)).accepted[:_ROWS]
    return [{name: row[name] for name in spec.feature_names} for row in rows]
