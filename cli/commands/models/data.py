"""`fleet data`: data set versions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.datasets import dataset_tables as data_tables
from cli.output.console import answer, answer_json, answer_table, say, step
from cli.output.errors import FleetError
from cli.output.files import write_whole
from modelfleet.domain.deployment import Output
from models.catalogue import find

if TYPE_CHECKING:
    from modelfleet.pipelines.dataset_store import DatasetStore

app = typer.Typer(help="Data set versions.", no_args_is_help=True)

_WARNINGS_SHOWN = 10


@app.command()
def load(
    model: ModelArgument,
    file: Annotated[Path, typer.Argument(help="A CSV with the model's columns and its target.")],
    generated: Annotated[
        bool, typer.Option("--generated", help="The rows are made up, not observed.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of a version with far more rows."),
    ] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Validate a table row by row and store it as a new data set version.

    Rows that break the model's schema are set aside with their reasons. Nothing is stored where the
    table as a whole cannot be used, where it breaks a limit of the model's spec, where its rows are
    too few to train on, or, without --replace, where they are fewer than half of the newest
    version's. A model that learned from generated rows never keeps out one that learned from
    others.

    Example: fleet data load bankchurn Churn_Modelling.csv
    """
    from modelfleet.pipelines import load_dataset  # noqa: PLC0415  # pandas is heavy

    spec = find(model)
    lake = Cloud.connect(stage).store(Output.LAKE_BUCKET)
    with step(f"load {file}"):
        now = datetime.now(UTC)
        manifest = load_dataset.load(
            spec, file, lake, getuser(), now, generated=generated, replace=replace
        )
    if as_json:
        answer_json(manifest.model_dump(mode="json"))
        return
    answer(
        f"{model}: data set version {manifest.version}, {manifest.rows} rows, "
        f"{manifest.quarantined} set aside"
    )
    if manifest.unused:
        answer(f"columns that the model does not know: {', '.join(manifest.unused)}")
    _warn(manifest.warnings)
    answer(f"next: fleet retrain {model} --wait")


@app.command()
def join(
    model: ModelArgument,
    days: Annotated[
        int, typer.Option("--days", min=1, help="How far back predictions are looked for.")
    ] = 90,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Make a data set version of the newest one and of the predictions with feedback.

    They become rows of their own, marked as such. Joining the same feedback twice gives the same
    version.

    Example: fleet data join bankchurn --days 30
    """
    from modelfleet.pipelines.join_feedback import join_feedback  # noqa: PLC0415  # as above
    from modelfleet.pipelines.labelled_predictions import labelled_predictions  # noqa: PLC0415

    spec = find(model)
    lake = Cloud.connect(stage).store(Output.LAKE_BUCKET)
    now = datetime.now(UTC)
    with step(f"look for predictions with feedback, {days} days back"):
        found = labelled_predictions(spec, lake, now - timedelta(days=days), now)
    if not found.rows:
        raise FleetError(_nothing_to_join(model, found.unmatched))
    with step(f"join {len(found.rows)} rows"):
        manifest = join_feedback(spec, found.rows, lake, getuser(), now)
    if as_json:
        counts = {"labelled": len(found.rows), "unmatched": found.unmatched}
        answer_json(counts | manifest.model_dump(mode="json"))
        return
    answer(
        f"{model}: data set version {manifest.version}, {manifest.rows} rows; joined "
        f"{len(found.rows) - manifest.left_out}, no prediction found for {found.unmatched} outcomes"
    )
    if manifest.left_out:
        answer(
            f"{manifest.left_out} of one client's outcomes left out, the oldest: a client may have "
            "at most half of the rows"
        )
    _warn(manifest.warnings)
    answer(f"next: fleet retrain {model} --wait")


@app.command("list")
def list_versions(
    model: ModelArgument, stage: StageOption = Stage.LOCAL, as_json: JsonOption = False
) -> None:
    """List a model's data set versions, the latest made first.

    Example: fleet data list bankchurn
    """
    store = _store(model, stage)
    newest = store.newest()
    known = [manifest for name in store.versions() if (manifest := store.manifest(name))]
    found = sorted(known, key=lambda manifest: manifest.created_at, reverse=True)
    if as_json:
        versions = [manifest.model_dump(mode="json") for manifest in found]
        answer_json({"model": model, "newest": newest, "versions": versions})
        return
    if not found:
        raise FleetError(f"{model}: no data is loaded; {store.remedy}")
    answer_table(data_tables.VERSIONS, [data_tables.version_row(m, newest) for m in found])


@app.command()
def show(
    model: ModelArgument,
    version: Annotated[
        str | None, typer.Argument(help="The version, or how it begins; the newest by default.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="Write the report as an HTML page to this file.")
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show what is known of a data set version, and what the checks found.

    Example: fleet data show bankchurn --page report.html
    """
    store = _store(model, stage)
    name = store.require(version)
    manifest, report = store.manifest(name), store.report(name)
    if manifest is None or report is None:
        raise FleetError(f"{model}: data set version {name} has no report; {store.remedy}")
    if page is not None:
        write_whole(page, store.report_page(name) or b"")
        say(f"the report is in {page}")
    if as_json:
        documents = {"manifest": manifest, "report": report}
        answer_json({key: value.model_dump(mode="json") for key, value in documents.items()})
        return
    for line in data_tables.manifest_lines(manifest):
        answer(line)
    answer_table(data_tables.COLUMNS, [data_tables.column_row(c) for c in report.columns])
    if rows := data_tables.finding_rows(report):
        answer_table(data_tables.FINDINGS, rows)
    else:
        answer("the checks found nothing that stands out")


@app.command()
def diff(
    model: ModelArgument,
    before: Annotated[str, typer.Argument(help="A version, or how it begins.")],
    after: Annotated[str, typer.Argument(help="The version to set beside it.")],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Set two data set versions side by side; the column that moved most comes first.

    Example: fleet data diff bankchurn 3f2a 91bc
    """
    from modelfleet.pipelines.compare_datasets import compare_datasets  # noqa: PLC0415  # as above

    found = compare_datasets(_store(model, stage), before, after)
    if as_json:
        answer_json(found.model_dump(mode="json"))
        return
    for line in data_tables.difference_lines(found):
        answer(line)
    answer_table(data_tables.DIFFERENCES, [data_tables.difference_row(c) for c in found.columns])


def _store(model: str, stage: Stage) -> "DatasetStore":
    from modelfleet.pipelines.dataset_store import DatasetStore  # noqa: PLC0415  # pandas is heavy

    return DatasetStore(find(model), Cloud.connect(stage).store(Output.LAKE_BUCKET))


def _nothing_to_join(model: str, unmatched: int) -> str:
    if unmatched:
        return (
            f"{model}: of {unmatched} reported outcomes none has its prediction in the lake for "
            "these days; the way there takes a minute or two, and --days looks further back"
        )
    return f"{model}: no outcome is reported; send them to POST /{model}/feedback"


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings[:_WARNINGS_SHOWN]:
        answer(f"warning: {warning}")
    if len(warnings) > _WARNINGS_SHOWN:
        answer(f"and {len(warnings) - _WARNINGS_SHOWN} warnings more; see: fleet data show")
