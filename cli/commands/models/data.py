"""`fleet data`: load, list, and compare data set versions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import (
    DatesOption,
    DecimalOption,
    DelimiterOption,
    EncodingOption,
    JsonOption,
    KeepWordOption,
    MissingOption,
    ModelArgument,
    SheetOption,
    StageOption,
    reading,
)
from cli.datasets import dataset_tables
from cli.output.console import answer, answer_json, answer_table, say, step
from cli.output.errors import FleetError
from cli.output.files import write_atomically
from cli.output.user import user
from cli.training.retraining import start_on_data
from modelfleet.catalogue import find
from modelfleet.resource_names import Output

if TYPE_CHECKING:
    from modelfleet.datasets.store import DatasetStore

app = typer.Typer(help="Load, list, and compare data set versions.", no_args_is_help=True)

_WARNINGS_SHOWN = 10


@app.command()
def load(
    model: ModelArgument,
    file: Annotated[Path, typer.Argument(help="Table with the model's columns and its target.")],
    generated: Annotated[
        bool, typer.Option("--generated", help="Mark the rows as generated, not observed.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Allow far fewer rows than the newest version has."),
    ] = False,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    missing: MissingOption = None,
    keep_word: KeepWordOption = None,
    sheet: SheetOption = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Validate a table and store it as a new data set version.

    Rows that do not match the model's schema are quarantined with reasons. Nothing is stored if the
    table is unusable, breaks a limit of the model's spec, has too few rows to train on, or, without
    --replace, has less than half as many rows as the newest version. A champion trained on
    generated rows never blocks a candidate trained on real ones. If the model's spec says
    `retrain_on_data`, a retraining is started.

    Example: fleet data load bankchurn Churn_Modelling.csv
    """
    from modelfleet.datasets import load as load_dataset  # noqa: PLC0415  # imports pandas

    spec = find(model)
    cloud = Cloud.connect(stage)
    lake = cloud.store(Output.LAKE_BUCKET)
    with step(f"load {file}"):
        now = datetime.now(UTC)
        manifest = load_dataset.load(
            spec,
            file,
            lake,
            user(),
            now,
            generated=generated,
            replace=replace,
            options=reading(delimiter, encoding, decimal, dates, missing, keep_word, sheet),
            group_key=cloud.group_key,
        )
    retraining = start_on_data(cloud, spec, f"data set version {manifest.version}")
    if as_json:
        answer_json({**manifest.model_dump(mode="json"), "retraining": retraining})
        return
    answer(
        f"{model}: data set version {manifest.version}, {manifest.rows:,} rows, "
        f"{manifest.quarantined:,} quarantined"
    )
    if manifest.rejections:
        answer("rejected rows:", *dataset_tables.rejection_lines(manifest))
    if manifest.unused_rows:
        answer(manifest.unused_rows)
    for line in dataset_tables.format_lines(manifest.table_format):
        answer(line)
    if manifest.unused:
        answer(f"unused columns: {', '.join(manifest.unused)}")
    notes = manifest.table_format.notes if manifest.table_format else ()
    _warn((*notes, *manifest.warnings))
    if retraining is None:
        answer(f"next: fleet retrain {model} --wait")
    else:
        answer(f"retraining {model}: {retraining}")


@app.command()
def join(
    model: ModelArgument,
    days: Annotated[
        int, typer.Option("--days", min=1, help="Use predictions of this many days.")
    ] = 90,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Add predictions with outcomes to the newest data set version.

    The result is a new version. Predictions become additional rows, marked by their origin. Joining
    the same outcomes again results in the same version.

    Example: fleet data join bankchurn --days 30
    """
    from modelfleet.datasets.join_outcomes import join_feedback  # noqa: PLC0415  # imports pandas
    from modelfleet.outcomes.labelled_predictions import labelled_predictions  # noqa: PLC0415

    spec = find(model)
    lake = Cloud.connect(stage).store(Output.LAKE_BUCKET)
    now = datetime.now(UTC)
    with step(f"find predictions of the last {days} days with outcomes"):
        found = labelled_predictions(spec, lake, now - timedelta(days=days), now)
    if not found.rows:
        raise FleetError(_nothing_to_join(model, found.unmatched))
    with step(f"join {len(found.rows):,} rows"):
        manifest = join_feedback(spec, found.rows, lake, user(), now)
    if as_json:
        counts = {"labelled": len(found.rows), "unmatched": found.unmatched}
        answer_json(counts | manifest.model_dump(mode="json"))
        return
    answer(
        f"{model}: data set version {manifest.version}, {manifest.rows:,} rows; joined "
        f"{len(found.rows) - manifest.left_out:,}, outcomes without a prediction: "
        f"{found.unmatched:,}"
    )
    if manifest.left_out:
        answer(
            f"left out the oldest {manifest.left_out:,} outcomes of one client, because a "
            "client may contribute at most half of the rows"
        )
    _warn(manifest.warnings)
    answer(f"next: fleet retrain {model} --wait")


@app.command("list")
def list_versions(
    model: ModelArgument, stage: StageOption = Stage.LOCAL, as_json: JsonOption = False
) -> None:
    """List a model's data set versions, newest first.

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
        raise FleetError(f"{model} has no data set version; {store.remedy}")
    answer_table(dataset_tables.VERSIONS, [dataset_tables.version_row(m, newest) for m in found])


@app.command()
def show(
    model: ModelArgument,
    version: Annotated[
        str | None,
        typer.Argument(
            help="Version or its prefix. Default: the newest.",
            autocompletion=completion.dataset_versions,
        ),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="Write the report as an HTML page to this file.")
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show a data set version and the findings of its checks.

    Example: fleet data show bankchurn --page report.html
    """
    store = _store(model, stage)
    name = store.require(version)
    manifest, report = store.manifest(name), store.report(name)
    if manifest is None or report is None:
        raise FleetError(f"{model}: data set version {name} has no report; {store.remedy}")
    if page is not None:
        write_atomically(page, store.report_page(name) or b"")
        say(f"wrote the report to {page}")
    if as_json:
        documents = {"manifest": manifest, "report": report}
        answer_json({key: value.model_dump(mode="json") for key, value in documents.items()})
        return
    for line in dataset_tables.manifest_lines(manifest):
        answer(line)
    if rows := dataset_tables.reading_rows(report):
        answer_table(dataset_tables.READING, rows)
    headings = dataset_tables.column_headings(find(model).task)
    answer_table(headings, [dataset_tables.column_row(column) for column in report.columns])
    if rows := dataset_tables.finding_rows(report):
        answer_table(dataset_tables.FINDINGS, rows)
    else:
        answer("the checks found no problems")


@app.command()
def diff(
    model: ModelArgument,
    before: Annotated[
        str,
        typer.Argument(help="Version or its prefix.", autocompletion=completion.dataset_versions),
    ],
    after: Annotated[
        str,
        typer.Argument(
            help="Version to compare with it, or its prefix.",
            autocompletion=completion.dataset_versions,
        ),
    ],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Compare two data set versions.

    The columns that changed most come first.

    Example: fleet data diff bankchurn 3f2a 91bc
    """
    from modelfleet.datasets.compare import compare_datasets  # noqa: PLC0415  # imports pandas

    found = compare_datasets(_store(model, stage), before, after)
    if as_json:
        answer_json(found.model_dump(mode="json"))
        return
    for line in dataset_tables.difference_lines(found):
        answer(line)
    answer_table(
        dataset_tables.DIFFERENCES, [dataset_tables.difference_row(c) for c in found.columns]
    )


def _store(model: str, stage: Stage) -> "DatasetStore":
    from modelfleet.datasets.store import DatasetStore  # noqa: PLC0415  # imports pandas

    return DatasetStore(find(model), Cloud.connect(stage).store(Output.LAKE_BUCKET))


def _nothing_to_join(model: str, unmatched: int) -> str:
    if unmatched:
        return (
            f"{model}: none of {unmatched} reported outcomes matches a prediction of these days in "
            "the lake; wait a minute for recent predictions, or use more --days"
        )
    return (
        f"{model}: no outcomes have been reported; load them with `fleet outcomes load {model}`, "
        f"or send them to POST /{model}/feedback"
    )


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings[:_WARNINGS_SHOWN]:
        answer(f"warning: {warning}")
    if len(warnings) > _WARNINGS_SHOWN:
        answer(f"{len(warnings) - _WARNINGS_SHOWN} more warnings; see them with `fleet data show`")
