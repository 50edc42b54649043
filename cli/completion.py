"""Values that the shell completes: names of models, versions, and jobs.

While a line is typed, nothing may fail or print; without a connection, nothing is completed.
"""

from collections.abc import Callable, Iterable

import typer

from cli.cloud import Cloud, Stage
from cli.jobs import list_jobs
from modelfleet.catalogue import find, names
from modelfleet.registry.versions import version_names
from modelfleet.resource_names import Output

_JOBS = 20

Completion = Callable[[typer.Context, str], list[str]]


def _quiet(values: Callable[[typer.Context], Iterable[str]]) -> Completion:
    def complete(context: typer.Context, incomplete: str) -> list[str]:
        try:
            return [value for value in values(context) if value.startswith(incomplete)]
        except Exception:  # noqa: BLE001  # a traceback would be printed into the typed line
            return []

    return complete


@_quiet
def model_names(_context: typer.Context) -> Iterable[str]:
    """Models of the project."""
    return names()


@_quiet
def versions(context: typer.Context) -> Iterable[str]:
    """Registered versions of the model that was typed, newest first."""
    return version_names(_cloud(context).store(Output.ARTIFACTS_BUCKET), _model(context))


@_quiet
def dataset_versions(context: typer.Context) -> Iterable[str]:
    """Data set versions of the model that was typed."""
    from modelfleet.datasets.store import DatasetStore  # noqa: PLC0415  # imports pandas

    lake = _cloud(context).store(Output.LAKE_BUCKET)
    return DatasetStore(find(_model(context)), lake).versions()


@_quiet
def job_ids(context: typer.Context) -> Iterable[str]:
    """IDs of the latest jobs, newest first."""
    return (job.id for job in list_jobs(_cloud(context), _JOBS))


def _model(context: typer.Context) -> str:
    # Before the value of an option is typed, the parser leaves the arguments unassigned.
    return str(context.params.get("model") or context.args[0])


def _cloud(context: typer.Context) -> Cloud:
    return Cloud.connect(Stage(context.params.get("stage") or Stage.LOCAL))
