"""Why a model does not serve after its first training, and what to do about it."""

from cli.cloud import Cloud
from cli.output.errors import FleetError
from cli.release.history import release_records
from cli.training.retraining import Execution, require_success
from modelfleet.datasets.manifest import DatasetManifest, NewestDataset
from modelfleet.registry.pointer_store import current
from modelfleet.release.finish import BLOCKED
from modelfleet.resource_names import Output
from modelfleet.retraining.state import CANDIDATE_BLOCKED
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys


def why_unserved(cloud: Cloud, execution: Execution) -> str | None:
    """Return what went wrong with an execution that has ended, and what to do; else `None`.

    An execution that finds its rows and code unchanged succeeds although it released nothing. The
    reason is then that of the execution that was blocked on them.
    """
    model = execution.model
    champion = current(cloud.store(Output.ARTIFACTS_BUCKET), model)
    if execution.succeeded and champion is not None:
        return None
    if champion is None and (reason := _block(cloud, execution)) is not None:
        return _blocked(cloud, model, reason)
    if execution.succeeded:
        # Another execution holds the model's lock.
        reason = (execution.output.get("locked") or {}).get("reason") or "it is still in training"
        return f"{model} does not serve yet: {reason}; run `fleet up` again once that has ended"
    try:
        require_success(execution)
    except FleetError as error:
        return str(error)
    return None


def _block(cloud: Cloud, execution: Execution) -> str | None:
    """Return the gate's reasons to block the model's first version, if it did."""
    if execution.blocked:
        return _line(execution.reason.removeprefix(CANDIDATE_BLOCKED).removeprefix(": "))
    if not (execution.output.get("prepared") or {}).get("unchanged"):
        return None
    records = release_records(cloud, execution.model)
    return next((_line("; ".join(r.reasons)) for r in records if r.outcome == BLOCKED), None)


def _line(reason: str) -> str:
    """Return a reason on one line; it may quote names of columns, which contain anything."""
    return reason.replace("\n", "\\n")


def _blocked(cloud: Cloud, model: str, reason: str) -> str:
    load = f"`fleet data load {model} FILE`"
    if _is_generated(cloud, model):
        version, remedy = (
            "first version, trained on generated rows",
            f"load its own rows with {load}",
        )
    else:
        version, remedy = (
            "first version",
            f"load more rows or columns with {load}, or edit its folder",
        )
    return (
        f"{model} does not serve, because the gate blocked its {version}: {reason}\n"
        f"{remedy}; then run `fleet up` again"
    )


def _is_generated(cloud: Cloud, model: str) -> bool:
    """Whether the newest data set version consists of generated rows."""
    lake = cloud.store(Output.LAKE_BUCKET)
    try:
        newest = NewestDataset.parse(lake.get(keys.newest_dataset(model)).content).version
        key = f"{keys.dataset(model, newest)}/manifest.json"
        return DatasetManifest.parse(lake.get(key).content).generated
    except ObjectNotFoundError:
        return False
