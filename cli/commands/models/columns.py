"""`fleet columns`: a model's columns, the values they refuse, and accepting them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.drafting.spec_source import add_category
from cli.output.console import answer, answer_json, answer_table, done, warn
from cli.output.errors import FleetError
from modelfleet import catalogue
from modelfleet.catalogue import find
from modelfleet.pages.numbers import counted, value_text
from modelfleet.resource_names import Output
from modelfleet.spec.categories import CATEGORY_LENGTH, Unseen, accept_command
from modelfleet.spec.features import Column
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.names import quoted
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.names import did_you_mean

_HOURS = 24
_SHOWN = 6


class _ShowByDefault(TyperGroup):
    """Takes a model in place of a command: `fleet columns bankchurn`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the command `show` before anything else than a command."""
        known = {*self.commands, *ctx.help_option_names}
        given = ["show", *args] if args and args[0] not in known else args
        return super().parse_args(ctx, given)


app = typer.Typer(
    cls=_ShowByDefault,
    no_args_is_help=True,
    help=(
        "Show a model's columns, and accept refused values.\n\n"
        "Example: fleet columns bankchurn, or: fleet columns accept bankchurn Geography Italy"
    ),
)


@dataclass(frozen=True)
class _Refused:
    """A refused value; `source` is `requests`, or `data` for the rows of the newest data set."""

    column: str
    source: str
    value: str | None
    rows: int
    share: float
    proposed: bool


@app.command()
def show(
    model: ModelArgument, stage: StageOption = Stage.LOCAL, as_json: JsonOption = False
) -> None:
    """Show each column and the values that it refused.

    Refused values are those of the last 24 hours' requests, with their share of all rows that were
    sent, and those of the newest data set, with their share of the file's rows.

    Example: fleet columns bankchurn, or: fleet columns show bankchurn --json
    """
    spec = find(model)
    refused = _refused(spec, stage)
    if as_json:
        columns = [
            column.model_dump(mode="json")
            | {"refused": [_document(each) for each in refused or () if each.column == column.name]}
            for column in spec.features.columns()
        ]
        answer_json({"model": model, "refused_known": refused is not None, "columns": columns})
        return
    rows = [_row(column, refused or ()) for column in spec.features.columns()]
    answer_table(("column", "kind", "values", "unlisted", "refused"), rows)
    for each in refused or ():
        if each.proposed and each.value is not None:
            command = accept_command(model, each.column, each.value)
            answer(f"{each.column}: {_line(each)} was refused; accept it with: {command}")


@app.command()
def accept(
    model: ModelArgument,
    column: Annotated[str, typer.Argument(help="Column whose categories are listed.")],
    value: Annotated[str, typer.Argument(help="Category to add.")],
    as_json: JsonOption = False,
) -> None:
    """Add a category to a column in the model's spec.py.

    The file keeps its formatting and comments; nothing is written if the result would declare
    anything else than before. Quote a value with blanks; put `--` before the model if the value
    starts with a dash.

    Example: fleet columns accept bankchurn Geography Italy
    """
    spec = find(model)
    declared = _require_listed(spec, column)
    wanted = _require_category(value)
    file = catalogue.folder(model) / "spec.py"
    known = _known_as(spec, declared, wanted)
    if known is None:
        add_category(spec, file, declared.name, wanted)
    if as_json:
        answer_json(
            {
                "model": model,
                "column": declared.name,
                "value": known or wanted,
                "added": known is None,
                "file": str(file),
            }
        )
    elif known is not None:
        read_as = "" if known == wanted else f" as {known!r}"
        answer(f"{model}: {declared.name} already accepts {wanted!r}{read_as}; nothing is changed")
    else:
        done(f"{model}: {declared.name} accepts {wanted!r}", str(file))
        answer(
            "deploy it with `fleet up` or `make deploy STAGE=…`; until a model is trained on rows "
            "that have it, it is scored like a value that training never saw"
        )


def _require_listed(spec: ModelSpec, name: str) -> Column:
    """Return the column with a name, if it lists categories."""
    columns = {column.name: column for column in spec.features.columns()}
    if name == spec.target.column:
        raise FleetError(f"{name} is the target; its classes are declared in spec.py as `labels`")
    if name not in columns:
        raise FleetError(f"{spec.name} has no column {quoted(name)}{did_you_mean(name, columns)}")
    column = columns[name]
    if not column.categories:
        reason = "accepts every value" if column.unseen else f"is a column of kind {column.kind}"
        raise FleetError(f"{name} lists no categories: it {reason}")
    return column


def _require_category(value: str) -> str:
    text = value.strip()
    if not text or len(text) > CATEGORY_LENGTH or not text.isprintable():
        raise FleetError(
            f"{quoted(value)} cannot be a category: use 1 to {CATEGORY_LENGTH} visible characters"
        )
    return text


def _known_as(spec: ModelSpec, column: Column, value: str) -> str | None:
    """Return the declared category that a value is read as, if any."""
    reader = spec.features.category_readers()[column.name]
    found = reader.read(value) if reader.accepts(value) else None
    return found if found in column.categories else None


def _refused(spec: ModelSpec, stage: Stage) -> Sequence[_Refused] | None:
    """Return the refused values of both sources; `None` if the local cloud is not running."""
    try:
        lake = Cloud.connect(stage).store(Output.LAKE_BUCKET)
    except FleetError as error:
        if stage is not Stage.LOCAL:
            raise
        warn(f"refused values are not shown: {error}")
        return None
    return [*_of_requests(spec, lake), *_of_data(spec, lake)]


def _of_requests(spec: ModelSpec, lake: ObjectStore) -> list[_Refused]:
    from modelfleet.captures.refused_values import read_refused_values  # noqa: PLC0415
    from modelfleet.captures.window import Window  # noqa: PLC0415
    from modelfleet.captures.window_reader import read_window  # noqa: PLC0415  # imports pandas
    from modelfleet.drift.refused import refused_categories  # noqa: PLC0415

    now = datetime.now(UTC)
    window = Window(start=now - timedelta(hours=_HOURS), end=now)
    found = read_refused_values(lake, spec.name, window)
    if not found:
        return []
    return [
        _Refused(each.column, "requests", each.value, each.rows, each.share, each.proposed)
        for each in refused_categories(spec, found, read_window(lake, spec, window))
    ]


def _of_data(spec: ModelSpec, lake: ObjectStore) -> list[_Refused]:
    from modelfleet.datasets.store import DatasetStore  # noqa: PLC0415  # imports pandas

    store = DatasetStore(spec, lake)
    version = store.newest()
    report = store.report(version) if version else None
    if report is None:
        return []
    readers = spec.features.category_readers()
    total = report.rows + report.rejected
    return [
        _Refused(each.column, "data", each.value, each.rows, each.rows / total, proposed=True)
        for each in report.refused
        if each.column in readers and not readers[each.column].accepts(each.value)
    ]


def _document(refused: _Refused) -> dict[str, Any]:
    return {name: value for name, value in asdict(refused).items() if name != "column"}


def _row(column: Column, refused: Sequence[_Refused]) -> tuple[str, ...]:
    told = [each for each in refused if each.column == column.name]
    return (
        column.name,
        f"{column.kind}, may be missing" if column.nullable else str(column.kind),
        _values(column),
        {Unseen.REFUSE: "refused", Unseen.SCORE: "scored", None: "-"}[column.unseen],
        "\n".join(_line(each) for each in told[:_SHOWN]) or "-",
    )


def _values(column: Column) -> str:
    if column.minimum is not None and column.maximum is not None:
        unit = f" {column.unit}" if column.unit else ""
        return f"{value_text(column.minimum)} to {value_text(column.maximum)}{unit}"
    more = len(column.categories) - _SHOWN
    listed = ", ".join(column.categories[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return listed or "any"


def _line(refused: _Refused) -> str:
    value = "other values" if refused.value is None else repr(refused.value)
    rows = counted(refused.rows, "row")
    source = "requests" if refused.source == "requests" else "the data set's file"
    return f"{value} in {refused.share:.1%} of {source} ({rows})"
