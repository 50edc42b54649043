"""Paths of the local cloud's files, and how one is replaced."""

import os
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HOME_VARIABLE = "FLEET_HOME"


def _home() -> Path:
    return Path(os.environ.get(HOME_VARIABLE) or REPOSITORY / ".fleet").resolve()


@dataclass(frozen=True)
class Layout:
    """The files and folders in `.fleet/`, or in the folder that `FLEET_HOME` names."""

    root: Path = field(default_factory=_home)

    @property
    def record(self) -> Path:
        """The running engine: written when it starts, removed when it is stopped cleanly."""
        return self.root / "cloud.json"

    @property
    def port(self) -> Path:
        """The port that the engine last used."""
        return self.root / "port"

    @property
    def lock(self) -> Path:
        """Lock file, held by the command that is changing the local cloud."""
        return self.root / "lock"

    @property
    def engine(self) -> Path:
        """The engine's state, buckets, and temporary files."""
        return self.root / "engine"

    @property
    def buckets(self) -> Path:
        """The engine's S3 objects."""
        return self.engine / "s3"

    @property
    def intents(self) -> Path:
        """Notes about objects that are being written."""
        return self.engine_state / "intents"

    @property
    def engine_state(self) -> Path:
        """The engine's state, without its buckets."""
        return self.engine / "state"

    @property
    def generations(self) -> Path:
        """Snapshots of the engine's state."""
        return self.engine_state / "generations"

    @property
    def database(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One log per process and per step."""
        return self.root / "logs"

    @property
    def state(self) -> tuple[Path, ...]:
        """Folders that belong together: the engine's state and buckets, and the database."""
        return self.engine, self.database

    @property
    def copies(self) -> Path:
        """Copies of earlier states, one folder each."""
        return self.root / "copies"

    @property
    def killed(self) -> Path:
        """Copies that earlier releases made after a crash."""
        return self.root / "killed"

    @property
    def people(self) -> Path:
        """Passwords of the local console's people, readable for their owner only."""
        return self.root / "console.json"

    @property
    def backups(self) -> Path:
        """Dumps of the database."""
        return self.root / "backups"

    @property
    def cards(self) -> Path:
        """Downloaded model cards."""
        return self.root / "cards"

    @property
    def trained(self) -> Path:
        """Models trained without a cloud, one folder each."""
        return self.root / "trained"

    @property
    def samples(self) -> Path:
        """Generated data sets."""
        return self.root / "samples"

    @property
    def first_datasets(self) -> Path:
        """Tables of new models that no local cloud has loaded yet, one folder each."""
        return self.root / "first"


def replace_file(file: Path, text: str) -> None:
    """Write a file under another name, then rename it, so that no reader sees half of it."""
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_text(text)
    draft.replace(file)
