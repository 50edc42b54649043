"""What the drill asks of a stage's database, wherever it runs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

# Gives the versions of a model that the restored registry knows.
Registered = Callable[[str], frozenset[str]]

VERSIONS_QUERY = "SELECT version FROM model_versions WHERE name = :model"


class DatabaseBackups(Protocol):
    """A stage's backups of MLflow's database."""

    def newest(self) -> datetime:
        """The latest moment that can be gone back to.

        Raises
        ------
        RestoreError
            If there is no backup.
        """
        ...

    def restored(self) -> AbstractContextManager[Registered]:
        """Restore that moment beside the live database; the copy goes when the block ends.

        Raises
        ------
        RestoreError
            If the backup cannot be restored, or holds no registry.
        """
        ...
