"""One local cloud, struck again and again, and what each blow has led to."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from cli.cloud import Cloud, Stage
from cli.local_cloud import lifecycle
from cli.local_cloud.layout import Layout
from modelfleet.catalogue import find
from tests.chaos.acknowledged import Acknowledged, Caller
from tests.chaos.activities import Command
from tests.chaos.faults import faults, late_losses
from tests.chaos.moments import Activity, Blow, Moment, Part, strike

MODEL = "bankchurn"
_LIVING_SECONDS = 240.0
_HUNG_SECONDS = 20.0


@dataclass(frozen=True)
class Seen:
    """What a moment led to."""

    moment: Moment
    struck: bool
    command: str
    back_seconds: float
    late_losses: int
    faults: tuple[str, ...]


class Chaos:
    """A local cloud of one model, struck again and again."""

    def __init__(self, layout: Layout, folder: Path, seed: int) -> None:
        self._layout = layout
        self._folder = folder
        self._chosen = random.Random(seed)  # noqa: S311  chooses moments, keeps no secret
        self._told = Acknowledged()
        self._caller = Caller(MODEL, find(MODEL).features.example(), self._told, seed)

    def release_first(self) -> None:
        """Load rows and release a first version."""
        for activity in (Activity.LOAD, Activity.RETRAIN):
            command = Command(self._layout, MODEL, activity, self._folder, 0)
            if command.end(self._told, 600.0) != "done":
                raise SystemExit(f"the first {activity} failed")

    def call(self, cloud: Cloud) -> None:
        """Begin to predict all the time."""
        self._caller.call(cloud)
        self._caller.start()

    def meet(self, moment: Moment) -> Seen:
        """Let one moment happen, restart what is down, and look for faults."""
        time.sleep(2.0)
        cloud = Cloud.connect(Stage.LOCAL, self._layout)
        command = Command(self._layout, MODEL, moment.activity, self._folder, moment.number)
        command.come(cloud)
        time.sleep(moment.after_seconds)
        struck_at = time.time()
        struck = strike(self._layout, moment, self._chosen)
        if moment.activity is Activity.DOWN:
            command.kill()
        began = time.monotonic()
        with lifecycle.locked(self._layout):
            record = lifecycle.start(self._layout).record
        back = time.monotonic() - began
        # Where the engine lives, the command goes on, and what it does must end well or badly.
        lives = moment.part is not Part.ENGINE or moment.blow is Blow.STOP_CONTINUE
        ended = command.end(self._told, _LIVING_SECONDS if lives else _HUNG_SECONDS)
        cloud = Cloud.connect(Stage.LOCAL, self._layout)
        self._caller.call(cloud)
        found = tuple(faults(cloud, record, MODEL, self._told, struck_at))
        late = late_losses(cloud, MODEL, self._told, struck_at)
        return Seen(moment, struck, ended, back, late, found)

    def rest(self) -> None:
        """Predict no more."""
        self._caller.end()

    @property
    def told(self) -> Acknowledged:
        """What was acknowledged."""
        return self._told
