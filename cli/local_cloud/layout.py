"""Where the local cloud keeps its files."""

import os
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HOME_VARIABLE = "FLEET_HOME"


def _home() -> Path:
    return Path(os.environ.get(HOME_VARIABLE) or REPOSITORY / ".fleet").resolve()


@dataclass(frozen=True)
class Layout:
    """The folders and files below one `.fleet/`, which `FLEET_HOME` puts elsewhere."""

    root: Path = field(default_factory=_home)

    @property
    def record(self) -> Path:
        """What runs: written when the engine starts, removed when it was stopped in order."""
        return self.root / "cloud.json"

    @property
    def port(self) -> Path:
        """The engine's port of the last time."""
        return self.root / "port"

    @property
    def lock(self) -> Path:
        """Held by the command that is changing the local cloud."""
        return self.root / "lock"

    @property
    def engine(self) -> Path:
        """The engine's state, buckets and temporary files."""
        return self.root / "engine"

    @property
    def buckets(self) -> Path:
        """The engine's objects."""
        return self.engine / "s3"

    @property
    def intents(self) -> Path:
        """Notes of the objects that are being written."""
        return self.engine_state / "intents"

    @property
    def engine_state(self) -> Path:
        """The engine's state apart from its buckets."""
        return self.engine / "state"

    @property
    def generations(self) -> Path:
        """The engine's states of the last moments that were written."""
        return self.engine_state / "generations"

    @property
    def database(self) -> Path:
        """PostgreSQL's cluster."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One log per part and per step."""
        return self.root / "logs"

    @property
    def state(self) -> tuple[Path, ...]:
        """What belongs together: the engine's state and buckets, and the database."""
        return self.engine, self.database

    @property
    def copies(self) -> Path:
        """States that were set aside, a folder a copy."""
        return self.root / "copies"

    @property
    def killed(self) -> Path:
        """Copies that earlier releases made of what a killed run left."""
        return self.root / "killed"

    @property
    def backups(self) -> Path:
        """The database's dumps."""
        return self.root / "backups"

    @property
    def cards(self) -> Path:
        """Model cards that were fetched."""
        return self.root / "cards"

    @property
    def trained(self) -> Path:
        """What was trained without a cloud, a folder a model."""
        return self.root / "trained"

    @property
    def samples(self) -> Path:
        """The generated data sets."""
        return self.root / "samples"
