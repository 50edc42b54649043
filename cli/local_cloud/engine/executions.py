"""Executions on disk from their start to their end, however the engine ends."""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ministack.core import responses
from ministack.services import stepfunctions

_RUNNING = "RUNNING"
_SCOPE_PARTS = 3
_log = logging.getLogger("state")

Replace = Callable[[Any, str, Callable[..., Any]], None]


class ExecutionFiles:
    """A file for each execution that runs, or ended after the last generation.

    A generation is written every few seconds. An execution that began or ended since would be
    forgotten, or run for ever, and the model's lock with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damaged: list[str] = []
        self._ended: set[Path] = set()
        self._lock = threading.Lock()

    def follow(self, replace: Replace) -> None:
        """Keep the files from here on; `replace` puts a function in an engine's one's place."""
        self._folder.mkdir(parents=True, exist_ok=True)
        run = stepfunctions._run_execution

        def run_kept(arn: str) -> None:
            self._try_to_write(arn)
            try:
                run(arn)
            finally:
                self._try_to_write(arn)
                with self._lock:
                    self._ended.add(self._file(arn))

        replace(stepfunctions, "_run_execution", run_kept)

    def restore(self) -> None:
        """Put executions that the generation does not know, or not as ended, into the state.

        One that ran when the engine ended is left running, for whoever ends those.
        """
        for file in self._folder.glob("*.json"):
            kept = _read(file)
            if kept is None:
                self.damaged.append(f"the record of execution {file.stem} is damaged")
                file.rename(file.with_suffix(".damaged"))
                continue
            scope, execution = tuple(kept["scope"]), kept["execution"]
            known = stepfunctions._executions._data
            if scope not in known or execution["status"] != _RUNNING:
                known[scope] = execution
            with self._lock:
                self._ended.add(file)

    def ended(self) -> frozenset[Path]:
        """Files of executions that a generation begun from now on will hold as they ended."""
        with self._lock:
            return frozenset(self._ended)

    def forget(self, files: frozenset[Path]) -> None:
        """Remove files whose executions are in a generation."""
        for file in files:
            file.unlink(missing_ok=True)
        with self._lock:
            self._ended -= files

    def _try_to_write(self, arn: str) -> None:
        """Write an execution; where the disk is full, it runs nevertheless."""
        try:
            self._write(arn)
        except OSError:
            _log.exception("the execution %s is not on disk", arn)

    def _write(self, arn: str) -> None:
        scope = (responses.get_account_id(), responses.get_region(), arn)
        file = self._file(arn)
        draft = file.with_suffix(".draft")
        execution = stepfunctions._executions[arn]
        draft.write_text(json.dumps({"scope": scope, "execution": execution}, default=str))
        draft.replace(file)

    def _file(self, arn: str) -> Path:
        return self._folder / f"{quote(arn.rpartition(':')[2], safe='')}.json"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(file.read_bytes())
        whole = len(kept["scope"]) == _SCOPE_PARTS and isinstance(kept["execution"]["status"], str)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return kept if whole else None
