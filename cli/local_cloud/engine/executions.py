"""Keeps state machine executions on disk, so that none is lost or runs forever after a crash."""

import json
import logging
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ministack.core import responses
from ministack.services import stepfunctions

from cli.local_cloud.engine.interrupted_work import is_interrupted
from cli.local_cloud.engine.replacement import Replace
from cli.local_cloud.engine.waiting_tasks import is_waiting
from cli.local_cloud.layout import replace_file

_RUNNING = "RUNNING"
_SCOPE_PARTS = 3
_log = logging.getLogger("state")


class ExecutionFiles:
    """A file for each execution that is running or ended after the last generation.

    A generation is written every few seconds. After a crash, an execution that started since then
    would be lost, and one that ended since then would run forever and hold its model's lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damaged: list[str] = []
        self._ended: set[Path] = set()
        self._lock = threading.Lock()

    def follow(self, replace: Replace) -> None:
        """Start to write the files."""
        self._folder.mkdir(parents=True, exist_ok=True)
        run = stepfunctions._run_execution

        def run_recorded(arn: str) -> None:
            self._try_to_write(arn)
            try:
                run(arn)
            finally:
                self._try_to_write(arn)
                with self._lock:
                    self._ended.add(self._file(arn))

        replace(stepfunctions, "_run_execution", run_recorded)

    def restore(self) -> None:
        """Add executions to the state that the generation does not know, or not as ended.

        Executions that were running are left so; `interrupted_work.settle` fails them, or lets them
        wait on.
        """
        for file in self._folder.glob("*.json"):
            kept = _read(file)
            if kept is None:
                self.damaged.append(f"the record of execution {file.stem} is damaged")
                file.rename(file.with_suffix(".damaged"))
                continue
            scope, execution = tuple(kept["scope"]), kept["execution"]
            known = stepfunctions._executions._data
            # Its file is newer than a generation in which an execution still runs, and knows
            # whether it waits for a token.
            if (
                scope not in known
                or is_interrupted(known[scope])
                or execution["status"] != _RUNNING
            ):
                known[scope] = execution
            if is_waiting(known[scope]):
                continue
            with self._lock:
                self._ended.add(file)

    def ended(self) -> frozenset[Path]:
        """Files of ended executions, which the next generation will include."""
        with self._lock:
            return frozenset(self._ended)

    def forget(self, files: frozenset[Path]) -> None:
        """Delete the files of executions that are in a generation."""
        for file in files:
            file.unlink(missing_ok=True)
        with self._lock:
            self._ended -= files

    def write(self, arn: str) -> None:
        """Write an execution whose wait for a token begins or ends."""
        self._try_to_write(arn)

    def _try_to_write(self, arn: str) -> None:
        """Write an execution; it runs even if the disk is full."""
        try:
            self._write(arn)
        except OSError:
            _log.exception("could not write execution %s to disk", arn)

    def _write(self, arn: str) -> None:
        scope = (responses.get_account_id(), responses.get_region(), arn)
        record = {"scope": scope, "execution": stepfunctions._executions[arn]}
        replace_file(self._file(arn), json.dumps(record, default=str))

    def _file(self, arn: str) -> Path:
        return self._folder / f"{quote(arn.rpartition(':')[2], safe='')}.json"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(file.read_bytes())
        is_valid = len(kept["scope"]) == _SCOPE_PARTS and isinstance(
            kept["execution"]["status"], str
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return kept if is_valid else None
