"""Tables, file names and arguments that a person may be talked into using."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.local_cloud.layout import REPOSITORY
from tests.attack import hostile
from tests.attack.result import Result
from tests.attack.target import Target

MARKER = "PWNED"
_ROWS = 400
_LONGEST_NAME = 200


def names_as_code(_target: Target) -> Result:
    """Draft models from tables whose names are code, and import what was written."""
    result = Result("file and column names as code")
    with _copy_of_the_repository() as copy:
        for number, text in enumerate((*hostile.CODE, *hostile.SCRIPTS, *hostile.TERMINALS)):
            marker = copy / MARKER
            file = _hostile_table(copy / "tables", text.replace("{}", MARKER), number)
            made = _fleet(
                copy, "new", f"evil{number}", "--csv", str(file), "--target", "target", "--yes"
            )
            imported = _run(copy, "-c", "from modelfleet.catalogue import catalogue; catalogue()")
            result.count += 1
            result.executed += marker.exists() or bool(imported.returncode) or _leaks(made)
            marker.unlink(missing_ok=True)
    return result


def broken_rows(target: Target) -> Result:
    """Score tables with rows that no parser likes; every good row must still be scored."""
    result = Result("rows that no parser likes")
    model = target.models[0]
    good = target.sample(model, rows=60)
    with tempfile.TemporaryDirectory() as folder:
        for number, garbage in enumerate(target.some(_GARBAGE)):
            table = Path(folder) / f"in{number}.jsonl"
            lines = [json.dumps(row).encode() for row in good]
            table.write_bytes(b"\n".join([*lines[:30], garbage, *lines[30:]]) + b"\n")
            out = Path(folder) / f"out{number}.jsonl"
            done = target.fleet("batch", model, "--in", str(table), "--out", str(out), "--json")
            result.count += 1
            result.executed += _leaks(done)
            scored = json.loads(done.stdout)["scored"] if done.returncode == 0 else 0
            result.lost += len(good) - scored
            if done.returncode:
                result.notes.append(f"{garbage[:20]!r}: {done.stderr.strip()[-160:]}")
    return result


_GARBAGE = (
    b"[" * 200_000,
    b'{"a":' * 50_000,
    b"\xff\xfe\x00garbage",
    b'{"Age": ' + b"9" * 10_000 + b"}",
    b'{"Age": NaN, "Geography": "\\ud800"}',
    b'"just text"',
    b"x" * 300_000,
    b"null",
    "{\u2028}".encode(),
)


def hostile_arguments(target: Target) -> Result:
    """Give every command names that are paths, markup or nothing; none may show a traceback."""
    result = Result("paths and markup as arguments")
    model = target.models[0]
    commands = (
        *(
            ("batch", model, "--in", "x.csv", "--out", "y.csv", "--resume", p)
            for p in hostile.PATHS
        ),
        *(("report", model, p) for p in hostile.PATHS),
        *(("models", p) for p in hostile.PATHS),
        *(("rollback", model, "--to", p) for p in hostile.PATHS),
        *(("release", "start", model, p) for p in hostile.PATHS),
        *(("remove", p) for p in hostile.PATHS),
        *(("card", model, p) for p in hostile.PATHS),
        *(("predict", text) for text in hostile.TERMINALS),
    )
    for command in target.some(commands):
        if any("\x00" in part for part in command):
            continue  # no shell can pass it on
        done = target.fleet(*command)
        result.count += 1
        failed = _leaks(done) + (done.returncode == 0)
        result.executed += failed
        if failed:
            result.notes.append(f"{command}: exit {done.returncode}, {done.stderr[-160:]!r}")
    return result


def _leaks(done: "subprocess.CompletedProcess[str]") -> int:
    """Whether a traceback or a terminal escape came out."""
    printed = done.stdout + done.stderr
    return int("Traceback" in printed or "\x1b" in printed or "\x07" in printed)


def _hostile_table(folder: Path, text: str, number: int) -> Path:
    """A table that can be learned from, with the text as file name, column, class and category."""
    folder.mkdir(exist_ok=True)
    name = text.replace("/", "_").replace("\x00", "_")[:_LONGEST_NAME]
    file = folder / f"{number}{name}.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["amount", f"{text} column", "kind", "target"])
        for row in range(_ROWS):
            kind = text if row % 3 else "usual"
            writer.writerow([row % 97, row % 11, kind, "yes" if row % 97 > 48 else "no"])
    return file


@contextmanager
def _copy_of_the_repository() -> Iterator[Path]:
    """A copy in which models can be drafted; it runs with this environment's packages."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    with tempfile.TemporaryDirectory(prefix="fleet-attack-") as folder:
        copy = Path(folder)
        for name in filter(None, files):
            source = REPOSITORY / os.fsdecode(name)
            if source.is_file():
                goal = copy / os.fsdecode(name)
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, goal)
        yield copy


def _fleet(copy: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return _run(copy, "-m", "cli.app", *arguments)


def _run(copy: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join([str(copy), str(copy / "layers")])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": path, "FLEET_HOME": str(copy / ".fleet")},
        capture_output=True,
        text=True,
        check=False,
    )
