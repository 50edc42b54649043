"""Keys in the two buckets. Every prefix is defined here."""

from collections.abc import Callable
from datetime import UTC, datetime
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
FEEDBACK = "feedback"
LOCKS = "locks"
HISTORY = "history"
TRAINED = "trained"
REPORTS = "reports"
DRIFT = "drift"
UNDELIVERED_CAPTURES = "captures-undelivered"

_Parts = ParamSpec("_Parts")


def _of_identifiers(build: Callable[_Parts, str]) -> Callable[_Parts, str]:
    """Whoever asks for a key, and whatever it asks with, no key leads out of its folder."""

    @wraps(build)
    def checked(*args: _Parts.args, **kwargs: _Parts.kwargs) -> str:
        for part in (*args, *kwargs.values()):
            if isinstance(part, str):
                require_identifier("part of a key", part)
        return build(*args, **kwargs)

    return checked


@_of_identifiers
def bundle(model: str, version: str) -> str:
    """The folder of a registered bundle (artifacts bucket)."""
    return f"{MODELS}/{model}/{version}"


@_of_identifiers
def release_pointer(model: str) -> str:
    """The object that says which versions serve (artifacts bucket)."""
    return f"{RELEASES}/{model}.json"


@_of_identifiers
def alias_moves(model: str) -> str:
    """The folder with the record of a model's moved aliases (artifacts bucket)."""
    return f"{ALIASES}/{model}"


def alias_move(model: str, alias: str, moved_at: datetime) -> str:
    """The record of one move; in the order of their names they are in the order of time."""
    return f"{alias_moves(model)}/{moved_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{alias}.json"


@_of_identifiers
def release_lock(model: str) -> str:
    """The object that says which execution may change the model (artifacts bucket)."""
    return f"{LOCKS}/{model}.json"


@_of_identifiers
def release_history(model: str) -> str:
    """The folder of the records of a model's releases and rollbacks (artifacts bucket)."""
    return f"{HISTORY}/{model}"


@_of_identifiers
def release_record(model: str, execution: str) -> str:
    """What one execution, or one person, did to a model's release (artifacts bucket)."""
    return f"{release_history(model)}/{execution}.json"


@_of_identifiers
def trained(model: str, dataset_version: str, code_version: str) -> str:
    """That these rows were trained on by this code, and by which execution (artifacts bucket)."""
    return f"{TRAINED}/{model}/{dataset_version}-{code_version}.json"


@_of_identifiers
def reports(model: str) -> str:
    """The folder of a model's drift reports (artifacts bucket)."""
    return f"{REPORTS}/{model}"


def report(model: str, window_end: datetime) -> str:
    """The folder of one run's reports; in the order of their names they are in that of time."""
    end = window_end.astimezone(UTC)
    return f"{reports(model)}/{end:%Y-%m-%d}/{end:%H%M%S}"


@_of_identifiers
def drift_state(model: str) -> str:
    """A model's drift state: streaks, alerts, the last decision (artifacts bucket)."""
    return f"{DRIFT}/{model}.json"


@_of_identifiers
def staging(model: str, execution: str) -> str:
    """The folder of one retraining's splits and candidate bundle (artifacts bucket)."""
    return f"{STAGING}/{model}/{execution}"


@_of_identifiers
def datasets(model: str) -> str:
    """The folder of a model's data set versions (lake bucket)."""
    return f"{DATASETS}/{model}"


@_of_identifiers
def dataset(model: str, version: str) -> str:
    """The folder of an immutable data set version (lake bucket)."""
    return f"{DATASETS}/{model}/{version}"


@_of_identifiers
def newest_dataset(model: str) -> str:
    """The object that names the newest data set version (lake bucket)."""
    return f"{DATASETS}/{model}/newest.json"


@_of_identifiers
def quarantine(model: str, version: str) -> str:
    """The rows of a data set version that were set aside, with reasons (lake bucket)."""
    return f"{QUARANTINE}/{model}/{version}.jsonl"


@_of_identifiers
def retraining_quarantine(model: str, version: str, execution: str) -> str:
    """The rows of a version that a retraining set aside, with reasons (lake bucket)."""
    return f"{QUARANTINE}/{model}/{version}/{execution}.jsonl"


@_of_identifiers
def batch(model: str, job: str) -> str:
    """The folder of a bulk scoring job (lake bucket)."""
    return f"{BATCH}/{model}/{job}"


def captures(model: str, day: str) -> str:
    """The folder of the predictions that a model made on a day, `2026-01-31`, of UTC (lake)."""
    return f"{CAPTURES}/model={model}/date={day}"


def captures_pattern(model: str) -> str:
    """The pattern of all that a model predicted (lake bucket)."""
    return f"{CAPTURES}/model={model}/*"


@_of_identifiers
def feedback(model: str, day: str, prediction_id: str) -> str:
    """What really happened after a prediction of a day, one object for each (lake bucket)."""
    return f"{feedback_of_day(model, day)}/{prediction_id}.json"


@_of_identifiers
def feedback_of_day(model: str, day: str) -> str:
    """The folder of the outcomes of a day's predictions, whenever they were reported (lake)."""
    return f"{FEEDBACK}/model={model}/date={day}"


def all_feedback(model: str) -> str:
    """The pattern of a model's feedback (lake bucket)."""
    return f"{FEEDBACK}/model={model}/*"


def restore_hint(bucket: str, key: str) -> str:
    """What to type to see the versions of an object that cannot be read."""
    return (
        "copy an earlier version over it; see: aws s3api list-object-versions "
        f"--bucket {bucket} --prefix {key}"
    )


def kept_artifacts(model: str) -> tuple[str, ...]:
    """Where everything of one model begins in the artifacts bucket."""
    folders = (MODELS, ALIASES, STAGING, HISTORY, TRAINED, REPORTS)
    objects = (release_pointer(model), release_lock(model), drift_state(model))
    return (*(f"{folder}/{model}/" for folder in folders), f"{MLFLOW}/{model}/", *objects)


def kept_rows(model: str) -> tuple[str, ...]:
    """Where everything of one model begins in the lake bucket."""
    folders = (DATASETS, QUARANTINE, BATCH)
    by_day = (CAPTURES, FEEDBACK)
    return (
        *(f"{folder}/{model}/" for folder in folders),
        *(f"{folder}/model={model}/" for folder in by_day),
    )
