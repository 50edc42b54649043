"""`make sweep`: take real tables from file to served model, and write what became of each.

Examples
--------
make sweep
make sweep RESUME=1
.venv/bin/python -m benchmarks.sweep --only ISLR --contracts 0
"""

import argparse
import math
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.layout import REPOSITORY, WORK
from benchmarks.sweep import models_folder
from benchmarks.sweep.one_table import Found, Table, cells, sweep_table
from benchmarks.sweep.page import write_page
from cli.local_cloud.layout import HOME_VARIABLE

LIST = Path(__file__).with_name("tables.txt")
_FOLDER = WORK / "sweep"
_FOUND = _FOLDER / "found.jsonl"
_PROCESSES = 2
# MLflow and ONNX Runtime keep a little of each training.
_TABLES_PER_PROCESS = 30
_CONTRACT = ("tests/contract/models", "tests/contract/serving")


def main() -> int:
    """Sweep the listed tables; return 1 if one of them raised or broke a contract."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="", help="part of the names of the tables to take")
    parser.add_argument(
        "--contracts",
        type=int,
        default=None,
        help="run the contract tests on this many models, spread over the list (default: all)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="keep the tables that the last run served, and take the others",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=math.inf,
        help="take no further table after this many; --resume goes on",
    )
    arguments = parser.parse_args()
    if not arguments.resume:
        shutil.rmtree(_FOLDER, ignore_errors=True)
    folder = _FOLDER / "models"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[models_folder.VARIABLE] = str(folder)
    os.environ[HOME_VARIABLE] = str(_FOLDER / "home")
    tables = [table for table in listed() if arguments.only in table.name]
    last = _last(tables)
    left = [table for table in tables if table not in last or last[table].stage != "served"]
    last |= {each.table: each for each in _swept(left, folder, arguments.minutes)}
    found = sorted(last.values(), key=lambda each: each.table.number)
    checked = _spread([each for each in found if each.stage == "served"], arguments.contracts)
    found = _with_contracts(found, checked)
    counts = Counter(each.stage for each in found)
    for stage, count in counts.most_common():
        sys.stdout.write(f"{count:5,}  {stage}\n")
    if not arguments.only:
        sys.stdout.write(f"written to {write_page(found, len(checked), len(tables))}\n")
    return int(any(each.stage.startswith(("traceback", "broken")) for each in found))


def _last(tables: Sequence[Table]) -> dict[Table, Found]:
    """Return what an interrupted run found, by table."""
    if not _FOUND.exists():
        return {}
    lines = _FOUND.read_text(encoding="utf-8").splitlines()
    last = {each.table: each for each in map(Found.from_json, lines)}
    return {table: last[table] for table in tables if table in last}


def _spread(found: Sequence[Found], count: int | None) -> list[Found]:
    if count is None or count >= len(found):
        return list(found)
    return [found[each * len(found) // count] for each in range(count)]


def listed() -> list[Table]:
    """Return the tables to sweep, in the order of the list."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    named = [line.split() for line in lines if line and not line.startswith("#")]
    return [Table(number, name, target) for number, (name, target) in enumerate(named)]


def _swept(tables: Sequence[Table], models: Path, limit: float) -> list[Found]:
    found: list[Found] = []
    start = time.monotonic()
    # The smallest first, so that an interrupted run has seen most tables.
    ordered = sorted(tables, key=cells())
    for each in _in_fresh_processes(ordered, models):
        found.append(each)
        with _FOUND.open("a", encoding="utf-8") as lines:
            lines.write(f"{each.to_json()}\n")
        minutes = (time.monotonic() - start) / 60
        _say(
            f"{len(found):3}/{len(tables)}  {minutes:5.1f} min  {each.table.name}: "
            f"{each.stage} {each.decision} {each.metric} {each.message}"
        )
        if minutes > limit:
            break
    return found


def _in_fresh_processes(tables: Sequence[Table], models: Path) -> Iterator[Found]:
    """Sweep tables in processes that are replaced now and then.

    The pool's own `max_tasks_per_child` may wait forever (CPython issue 115634).
    """
    step = _PROCESSES * _TABLES_PER_PROCESS
    for start in range(0, len(tables), step):
        with ProcessPoolExecutor(
            _PROCESSES, mp_context=get_context("spawn"), initializer=models_folder.join_quietly
        ) as pool:
            waiting = [
                pool.submit(sweep_table, table, models) for table in tables[start : start + step]
            ]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            finally:
                pool.shutdown(cancel_futures=True)


def _with_contracts(found: Sequence[Found], checked: Sequence[Found]) -> list[Found]:
    """Run the contract tests on the models of some tables, in one session."""
    made = [each.table.model for each in checked]
    if not made:
        return list(found)
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
