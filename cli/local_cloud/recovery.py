"""What to do with the remains of a run that was killed."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from cli.local_cloud import database, engine
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import end, marked
from cli.local_cloud.record import read_record


def set_aside_killed(layout: Layout) -> Path | None:
    """Set aside what a killed run left; answers the folder it went to, `None` where nothing did.

    The engine writes its state when it is stopped in order. After a kill its buckets would be there
    without the stacks that own them, and the registry would name versions that no longer serve, so
    buckets and database are moved away together. The latest such copy is kept.
    """
    record = read_record(layout)
    if record is not None and engine.is_healthy(record):
        return None
    end(marked(layout.root), patience_seconds=engine.STOP_SECONDS)
    if record is None:
        return None
    database.stop(layout)
    shutil.rmtree(layout.set_aside, ignore_errors=True)
    folder = layout.set_aside / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder.mkdir(parents=True)
    for part in (layout.engine, layout.database):
        if part.exists():
            part.rename(folder / part.name)
    layout.record.unlink()
    return folder
