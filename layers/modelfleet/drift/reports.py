"""Lists and reads the reports of drift runs."""

from datetime import datetime

from pydantic import ValidationError

from modelfleet.drift.report import DriftReport
from modelfleet.spec.errors import DriftStateError, ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

REPORT_FILE = "report.json"
PERFORMANCE_FILE = "performance.json"
SUMMARY_FILE = "summary.html"
DRAWN_FILE = "evidently.html"


def report_folders(store: ObjectStore, model: str) -> list[str]:
    """Return the folders of a model's complete reports, newest last."""
    ending = f"/{REPORT_FILE}"
    return [
        key.removesuffix(ending) for key in store.keys(keys.reports(model)) if key.endswith(ending)
    ]


def read_report(store: ObjectStore, folder: str) -> DriftReport:
    """Read a report.

    Raises
    ------
    DriftStateError
        If the folder has no report, or it is unreadable.
    """
    try:
        return DriftReport.model_validate_json(store.get(f"{folder}/{REPORT_FILE}").content)
    except ObjectNotFoundError as error:
        raise DriftStateError(f"no report in {folder}") from error
    except ValidationError as error:
        raise DriftStateError(f"{folder}/{REPORT_FILE} is not a valid report") from error


def past_reports(store: ObjectStore, model: str, before: datetime, most: int) -> list[DriftReport]:
    """Return the newest reports on windows that ended before, in chronological order."""
    now = keys.report(model, before)
    folders = [folder for folder in report_folders(store, model) if folder < now]
    return [read_report(store, folder) for folder in folders[-most:]]
