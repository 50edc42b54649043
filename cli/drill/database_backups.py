"""What the drill needs from a stage's database backups."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

# Returns a model's versions in the restored registry.
Registered = Callable[[str], frozenset[str]]

VERSIONS_QUERY = "SELECT version FROM model_versions WHERE name = :model"


class DatabaseBackups(Protocol):
    """A stage's backups of MLflow's database."""

    def newest(self) -> datetime:
        """The latest time that can be restored.

        Raises
        ------
        RestoreError
            If there is no backup.
        """
        ...

    def restored(self) -> AbstractContextManager[Registered]:
        """Restore that time next to the live database; the copy is deleted when the block ends.

        Raises
        ------
        RestoreError
            If the backup cannot be restored or contains no registry.
        """
        ...
