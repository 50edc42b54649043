"""`fleet outcomes`: load outcomes from a table."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from cli.output.console import answer, answer_json, step
from cli.output.errors import FleetError
from cli.output.user import user
from cli.training.retraining import start_on_data
from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from modelfleet.spec.names import quoted

if TYPE_CHECKING:
    from modelfleet.outcomes.loading.load import LoadedOutcomes

app = typer.Typer(help="Load outcomes: what actually happened.", no_args_is_help=True)

_WITHIN = re.compile(r"([1-9][0-9]{0,3})d")
_REASONS_SHOWN = 5


@app.callback()
def outcomes() -> None:
    """Load outcomes: what actually happened."""


def _days(value: str) -> str:
    if _WITHIN.fullmatch(value) is None:
        raise FleetError(f"invalid --within {quoted(value)}; use a number of days such as 90d")
    return value


@app.command()
def load(
    model: ModelArgument,
    file: Annotated[Path, typer.Argument(help="Table with a key and an outcome in each row.")],
    key: Annotated[
        str,
        typer.Option(
            "--key",
            metavar="COLUMN",
            help="Column with prediction IDs, or with the IDs sent as x-entity-id or entity_id.",
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="COLUMN", help="Column with the outcome. Default: the target's."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            "--time",
            metavar="COLUMN",
            help="Column with the time at which the outcome became known, in UTC unless it has an "
            "offset; a day means its end. Default: now.",
        ),
    ] = None,
    within: Annotated[
        str,
        typer.Option(
            "--within",
            metavar="DAYS",
            callback=_days,
            help="Longest time from the prediction to the outcome of its entity.",
        ),
    ] = "90d",
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
    """Store the outcomes of predictions, by prediction ID or by your own ID.

    The outcome of an entity is that of its newest prediction before the outcome became known. A
    different outcome corrects the stored one. Loading a table again changes nothing; after an
    interruption, it loads what is left. If the model's spec says `retrain_on_data`, new outcomes
    start a retraining.

    Example: fleet outcomes load bankchurn exits.csv --key CustomerId --target Exited --time Date
    """
    from modelfleet.outcomes.loading.load import load_outcomes  # noqa: PLC0415  # imports pandas
    from modelfleet.outcomes.loading.table import read_outcome_table  # noqa: PLC0415  # as above

    spec = find(model)
    cloud = Cloud.connect(stage)
    lake = cloud.store(Output.LAKE_BUCKET)
    now = datetime.now(UTC)
    with step(f"read {file}"):
        table = read_outcome_table(
            spec,
            file,
            key=key,
            target=target or spec.target.column,
            time=time,
            now=now,
            options=reading(delimiter, encoding, decimal, dates, missing, keep_word, sheet),
        )
    days = timedelta(days=int(within.removesuffix("d")))
    with step(f"find the predictions of {len(table.keys):,} outcomes"):
        found = load_outcomes(spec, table, lake, cloud.signing_keys, user(), now, within=days)
    changed = f"{found.new:,} new and {found.corrected:,} corrected outcomes"
    retraining = start_on_data(cloud, spec, changed) if found.new or found.corrected else None
    if as_json:
        answer_json({"model": model, **asdict(found), "retraining": retraining})
        return
    for line in (*dataset_tables.format_lines(table.format), *_lines(model, found)):
        answer(line)
    if retraining is not None:
        answer(f"retraining {model}: {retraining}")


def _lines(model: str, found: "LoadedOutcomes") -> list[str]:
    lines = [
        f"{model}: {found.matched:,} of {found.rows:,} rows matched a prediction: {found.new:,} "
        f"new, {found.corrected:,} corrected, {found.unchanged:,} unchanged; "
        f"{found.unmatched:,} unmatched, {found.ambiguous:,} ambiguous"
    ]
    if found.ambiguous:
        lines.append(
            "ambiguous: several predictions of the entity are equally new, or the table has "
            "different outcomes of one prediction; --time orders them"
        )
    if rejected := sum(found.rejected.values()):
        lines.append(f"{rejected:,} {'row was' if rejected == 1 else 'rows were'} rejected:")
        most = sorted(found.rejected.items(), key=lambda item: -item[1])[:_REASONS_SHOWN]
        lines += [f"  {count:,}: {reason}" for reason, count in most]
    return lines
