"""`make sweep`: take real tables from file to served model, and write what became of each.

Examples
--------
make sweep
.venv/bin/python -m benchmarks.sweep --only ISLR --no-contract
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.layout import REPOSITORY, WORK
from benchmarks.sweep import models_folder
from benchmarks.sweep.one_table import Found, Table, sweep_table
from benchmarks.sweep.page import write_page
from cli.local_cloud.layout import HOME_VARIABLE

LIST = Path(__file__).with_name("tables.txt")
_PROCESSES = 2
# MLflow and ONNX Runtime keep a little of each training.
_TABLES_PER_PROCESS = 30
_CONTRACT = ("tests/contract/models", "tests/contract/serving")


def main() -> int:
    """Sweep the listed tables; return 1 if one of them raised or broke a contract."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="", help="part of the names of the tables to take")
    parser.add_argument("--no-contract", action="store_true", help="leave out the contract tests")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK, prefix="sweep-") as work:
        folder = Path(work) / "models"
        folder.mkdir()
        os.environ[models_folder.VARIABLE] = str(folder)
        os.environ[HOME_VARIABLE] = str(Path(work) / "home")
        found = _swept([table for table in listed() if arguments.only in table.name], Path(work))
        if not arguments.no_contract:
            found = _with_contracts(found)
    counts = Counter(each.stage for each in found)
    for stage, count in counts.most_common():
        sys.stdout.write(f"{count:5,}  {stage}\n")
    if not arguments.only and not arguments.no_contract:
        sys.stdout.write(f"written to {write_page(found)}\n")
    return int(any(each.stage.startswith(("traceback", "broken")) for each in found))


def listed() -> list[Table]:
    """Return the tables to sweep, in the order of the list."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    named = [line.split() for line in lines if line and not line.startswith("#")]
    return [Table(number, name, target) for number, (name, target) in enumerate(named)]


def _swept(tables: Sequence[Table], work: Path) -> list[Found]:
    found: list[Found] = []
    start = time.monotonic()
    with ProcessPoolExecutor(
        _PROCESSES,
        mp_context=get_context("spawn"),
        initializer=models_folder.join_quietly,
        max_tasks_per_child=_TABLES_PER_PROCESS,
    ) as pool:
        waiting = [pool.submit(sweep_table, table, work) for table in tables]
        for done in as_completed(waiting):
            each = done.result()
            found.append(each)
            minutes = (time.monotonic() - start) / 60
            _say(
                f"{len(found):3}/{len(tables)}  {minutes:5.1f} min  {each.table.name}: "
                f"{each.stage} {each.decision} {each.metric} {each.message}"
            )
    return sorted(found, key=lambda each: each.table.number)


def _with_contracts(found: Sequence[Found]) -> list[Found]:
    """Run the contract tests on every model that was written, in one session."""
    made = [each.table.model for each in found if each.stage == "served"]
    _say(f"contract tests of {len(made)} models")
    command = [sys.executable, "-m", "pytest", "--numprocesses=2", "-q", "--no-header", "--tb=no"]
    command += ["-p", "benchmarks.sweep.models_folder", "-p", "no:cacheprovider"]
    command += ["-rfE", "-k", " or ".join(made), *_CONTRACT]
    done = subprocess.run(
        [*command, "-o", "addopts=--import-mode=importlib"],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    broken = _broken(done.stdout, made)
    return [
        replace(each, stage="broken contract", message=broken[each.table.model])
        if each.table.model in broken
        else each
        for each in found
    ]


def _broken(report: str, made: Sequence[str]) -> Mapping[str, str]:
    """Return the failed test of each model that has one."""
    failed: dict[str, str] = {}
    for line in report.splitlines():
        if not line.startswith(("FAILED", "ERROR")):
            continue
        for model in made:
            if f"[{model}" in line or f"-{model}" in line:
                failed.setdefault(model, line)
    return failed


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
