"""Keys in the two buckets; every prefix is defined here."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from typing import ParamSpec

from modelfleet.spec.names import require_identifier

MODELS = "models"
RELEASES = "releases"
ALIASES = "aliases"
STAGING = "staging"
MLFLOW = "mlflow"
DATASETS = "datasets"
QUARANTINE = "quarantine"
BATCH = "batch"
CAPTURES = "captures"
REFUSED = "refused"
FEEDBACK = "feedback"
# Folders within a day's feedback.
LOADS = "loads"
ENTITIES = "entities"
LOCKS = "locks"
HISTORY = "history"
APPROVALS = "approvals"
APPROVAL_TOKENS = "approval-tokens"
TRAINED = "trained"
REPORTS = "reports"
DRIFT = "drift"
SUMMARIES = "summaries"
UNDELIVERED_CAPTURES = "captures-undelivered"
PROGRESS_FILE = "release.json"
DATA_REPORT_FILE = "report.html"
CONSOLE = "console"
AUDIT = "audit"

_Parts = ParamSpec("_Parts")


def _of_identifiers(build: Callable[_Parts, str]) -> Callable[_Parts, str]:
    """Require all text arguments of a key to be identifiers, so that no key leaves its folder."""

    @wraps(build)
    def checked(*args: _Parts.args, **kwargs: _Parts.kwargs) -> str:
        for part in (*args, *kwargs.values()):
            if isinstance(part, str):
                require_identifier("part of a key", part)
        return build(*args, **kwargs)

    return checked


@_of_identifiers
def bundle(model: str, version: str) -> str:
    """Return the folder of a registered bundle (artifacts bucket)."""
    return f"{MODELS}/{model}/{version}"


@_of_identifiers
def release_pointer(model: str) -> str:
    """Return the key of a model's release pointer (artifacts bucket)."""
    return f"{RELEASES}/{model}.json"


@_of_identifiers
def alias_moves(model: str) -> str:
    """Return the folder of a model's alias moves (artifacts bucket)."""
    return f"{ALIASES}/{model}"


def alias_move(model: str, alias: str, moved_at: datetime) -> str:
    """Return the key of one alias move; keys sort by time."""
    return f"{alias_moves(model)}/{moved_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{alias}.json"


@_of_identifiers
def release_lock(model: str) -> str:
    """Return the key of a model's release lock (artifacts bucket)."""
    return f"{LOCKS}/{model}.json"


@_of_identifiers
def release_history(model: str) -> str:
    """Return the folder of a model's release records (artifacts bucket)."""
    return f"{HISTORY}/{model}"


@_of_identifiers
def release_record(model: str, execution: str) -> str:
    """Return the key of the release record of an execution or manual action (artifacts bucket)."""
    return f"{release_history(model)}/{execution}.json"


@_of_identifiers
def approval(model: str) -> str:
    """Return the key of what waits for approval, or last did (artifacts bucket)."""
    return f"{APPROVALS}/{model}.json"


@_of_identifiers
def approval_token(model: str, execution: str) -> str:
    """Return the key of the token with which an execution waits (artifacts bucket).

    The token lets an execution continue, so only the release function may read this prefix.
    """
    return f"{APPROVAL_TOKENS}/{model}/{execution}"


@_of_identifiers
def trained(model: str, dataset_version: str, code_version: str) -> str:
    """Return the key of the record that this code has trained on these rows (artifacts bucket)."""
    return f"{TRAINED}/{model}/{dataset_version}-{code_version}.json"


@_of_identifiers
def reports(model: str) -> str:
    """Return the folder of a model's drift reports (artifacts bucket)."""
    return f"{REPORTS}/{model}"


def report(model: str, window_end: datetime) -> str:
    """Return the folder of one drift run's reports; folders sort by time."""
    end = window_end.astimezone(UTC)
    return f"{reports(model)}/{end:%Y-%m-%d}/{end:%H%M%S}"


@_of_identifiers
def drift_state(model: str) -> str:
    """Return the key of a model's drift state (artifacts bucket)."""
    return f"{DRIFT}/{model}.json"


def ended_sessions() -> str:
    """Return the key of the list of ended sessions of the console (artifacts bucket)."""
    return f"{CONSOLE}/ended.json"


def audit_day(day: date) -> str:
    """Return the folder of the audit records of a UTC day (artifacts bucket)."""
    return f"{AUDIT}/{day:%Y-%m-%d}"


def audit_record(at: datetime, id_: str) -> str:
    """Return the key of one audit record; keys sort by time (artifacts bucket)."""
    written = at.astimezone(UTC)
    return f"{audit_day(written.date())}/{written:%H%M%S.%f}-{id_}.json"


@_of_identifiers
def summaries(model: str) -> str:
    """Return the folder of a model's summaries (artifacts bucket)."""
    return f"{SUMMARIES}/{model}"


def day_summary(model: str, day: date) -> str:
    """Return the key of the summary of a UTC day; keys sort by time."""
    return f"{summaries(model)}/day={day:%Y-%m-%d}.json"


def latest_summary(model: str) -> str:
    """Return the key of a model's newest summary."""
    return f"{summaries(model)}/latest.json"


def release_progress(model: str) -> str:
    """Return the key of the progress of a model's release or experiment (artifacts bucket)."""
    return f"{summaries(model)}/{PROGRESS_FILE}"


@_of_identifiers
def staging(model: str, execution: str) -> str:
    """Return the folder of one retraining's splits and candidate bundle (artifacts bucket)."""
    return f"{STAGING}/{model}/{execution}"


def training_progress(model: str, execution: str) -> str:
    """Return the key of a running training's latest message (artifacts bucket)."""
    return f"{staging(model, execution)}/progress.txt"


@_of_identifiers
def datasets(model: str) -> str:
    """Return the folder of a model's data set versions (lake bucket)."""
    return f"{DATASETS}/{model}"


@_of_identifiers
def dataset(model: str, version: str) -> str:
    """Return the folder of an immutable data set version (lake bucket)."""
    return f"{DATASETS}/{model}/{version}"


@_of_identifiers
def data_report(model: str, version: str) -> str:
    """Return the key of a data set version's report as a page (lake bucket)."""
    return f"{DATASETS}/{model}/{version}/{DATA_REPORT_FILE}"


@_of_identifiers
def newest_dataset(model: str) -> str:
    """Return the key of the object that names the newest data set version (lake bucket)."""
    return f"{DATASETS}/{model}/newest.json"


@_of_identifiers
def quarantine(model: str, version: str) -> str:
    """Return the key of a data set version's rejected rows, with reasons (lake bucket)."""
    return f"{QUARANTINE}/{model}/{version}.jsonl"


@_of_identifiers
def retraining_quarantine(model: str, version: str, execution: str) -> str:
    """Return the key of the rows that a retraining rejected, with reasons (lake bucket)."""
    return f"{QUARANTINE}/{model}/{version}/{execution}.jsonl"


@_of_identifiers
def batch(model: str, job: str) -> str:
    """Return the folder of a batch job (lake bucket)."""
    return f"{BATCH}/{model}/{job}"


def captures(model: str, day: str) -> str:
    """Return the folder of a model's captures of a UTC day, such as `2026-01-31` (lake bucket)."""
    return f"{CAPTURES}/model={model}/date={day}"


def refusals(model: str, day: str) -> str:
    """Return the folder of a day's requests with refused category values (lake bucket).

    It is within the model's captures, so that they share permissions and retention.
    """
    return captures(f"{model}/{REFUSED}", day)


def all_captures(model: str) -> str:
    """Return the folder of all of a model's captures, with a slash at its end (lake bucket)."""
    return captures_pattern(model).removesuffix("*")


def captures_pattern(model: str) -> str:
    """Return the pattern of all of a model's captures (lake bucket)."""
    return f"{CAPTURES}/model={model}/*"


@_of_identifiers
def feedback(model: str, day: str, prediction_id: str) -> str:
    """Return the key of the outcome of one prediction, by the prediction's day (lake bucket)."""
    return f"{feedback_of_day(model, day)}/{prediction_id}.json"


@_of_identifiers
def feedback_of_day(model: str, day: str) -> str:
    """Return the folder of the outcomes of a day's predictions, whenever reported (lake bucket)."""
    return f"{FEEDBACK}/model={model}/date={day}"


@_of_identifiers
def loaded_outcomes(model: str, day: str, load: str) -> str:
    """Return the key of the outcomes of a day's predictions from one file (lake bucket)."""
    return f"{feedback_of_day(model, day)}/{LOADS}/{load}.jsonl.gz"


@_of_identifiers
def entity_report(model: str, day: str, name: str) -> str:
    """Return the key of a report on an entity, by the day of the report (lake bucket)."""
    return f"{entity_reports(model, day)}/{name}.json"


@_of_identifiers
def entity_reports(model: str, day: str) -> str:
    """Return the folder of a day's reports on entities (lake bucket)."""
    return f"{feedback_of_day(model, day)}/{ENTITIES}"


def all_feedback(model: str) -> str:
    """Return the pattern of all of a model's feedback (lake bucket)."""
    return f"{FEEDBACK}/model={model}/*"


def restore_hint(bucket: str, key: str) -> str:
    """Return the advice for an unreadable object, with the command that lists its versions."""
    return (
        "copy an earlier version over it; see: aws s3api list-object-versions "
        f"--bucket {bucket} --prefix {key}"
    )


def kept_artifacts(model: str) -> tuple[str, ...]:
    """Return the key prefixes of a model's objects in the artifacts bucket."""
    folders = (MODELS, ALIASES, STAGING, HISTORY, APPROVAL_TOKENS, TRAINED, REPORTS, SUMMARIES)
    objects = (release_pointer(model), release_lock(model), approval(model), drift_state(model))
    return (*(f"{folder}/{model}/" for folder in folders), f"{MLFLOW}/{model}/", *objects)


def kept_rows(model: str) -> tuple[str, ...]:
    """Return the key prefixes of a model's objects in the lake bucket."""
    folders = (DATASETS, QUARANTINE, BATCH)
    by_day = (CAPTURES, FEEDBACK)
    return (
        *(f"{folder}/{model}/" for folder in folders),
        *(f"{folder}/model={model}/" for folder in by_day),
    )
