"""The commands that go on while something is struck, and what they acknowledge."""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from cli.cloud import Cloud
from cli.datasets.samples import write_sample
from cli.local_cloud.layout import HOME_VARIABLE, Layout
from cli.training.retraining import describe, started
from tests.chaos.acknowledged import Acknowledged
from tests.chaos.moments import Activity

ROWS = 1_500
_BATCH_ROWS = 2_000
_STATES = {
    Activity.REGISTER: {"Register"},
    Activity.RELEASE: {
        "SmokeTest",
        "Promote",
        "ShiftTraffic",
        "WaitForTraffic",
        "CheckTrial",
        "Record",
    },
}
_COME_SECONDS = 120.0


class Command:
    """One `fleet` command under way; what it printed on success is an acknowledgement."""

    def __init__(
        self, layout: Layout, model: str, activity: Activity, folder: Path, number: int
    ) -> None:
        self._activity = activity
        self._model = model
        self._layout = layout
        self._out = folder / f"scored-{number}.csv"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli.app", *self._arguments(folder, number)],
            env=os.environ | {HOME_VARIABLE: str(layout.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _arguments(self, folder: Path, number: int) -> list[str]:
        model, sample = self._model, folder / f"sample-{number}.csv"
        match self._activity:
            case Activity.LOAD:
                write_sample(model, sample, rows=ROWS, seed=1_000 + number)
                return ["data", "load", model, str(sample), "--json"]
            case Activity.BATCH:
                write_sample(model, sample, rows=_BATCH_ROWS, seed=2_000 + number)
                return ["batch", model, "--in", str(sample), "--out", str(self._out), "--json"]
            case Activity.DOWN:
                return ["down"]
            case _:
                return ["retrain", model, "--force", "--wait", "--json"]

    def come(self, cloud: Cloud) -> None:
        """Wait until it is as far as the moment wants it to be."""
        deadline = time.monotonic() + _COME_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._has_come(cloud):
                return
            time.sleep(0.1)

    def _has_come(self, cloud: Cloud) -> bool:
        if self._activity is Activity.DOWN:
            return _is_locked(self._layout)
        wanted = _STATES.get(self._activity)
        if wanted is None:
            return True
        arns = started(cloud, self._model)
        return bool(arns) and describe(cloud, arns[0], self._model).state in wanted

    def kill(self) -> None:
        """Kill the command itself, at once, as `fleet down` may be."""
        self._process.kill()

    def end(self, told: Acknowledged, seconds: float) -> str:
        """Wait for its end, not for ever; keep what it acknowledged and answer how it ended."""
        try:
            printed, _ = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for each in psutil.Process(self._process.pid).children(recursive=True):
                each.kill()
            self._process.kill()
            self._process.communicate()
            return "hung up"
        if self._process.returncode:
            return "failed"
        self._keep(printed, told)
        return "done"

    def _keep(self, printed: str, told: Acknowledged) -> None:
        if self._activity is Activity.DOWN:
            return
        answer = json.loads(printed)
        if self._activity is Activity.LOAD:
            told.datasets.add(answer["version"])
        elif self._activity is Activity.BATCH:
            told.batches[answer["job"]] = answer["scored"]
        elif answer.get("champion"):
            told.champions.append(answer["champion"])


def _is_locked(layout: Layout) -> bool:
    """Whether a command is changing the local cloud."""
    with layout.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
