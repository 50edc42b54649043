"""Options and arguments that several commands share."""

import shlex
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from cli import completion
from cli.cloud import Stage
from cli.output.errors import FleetError
from cli.output.hints import remember_stage
from modelfleet.pages.text import is_one_line
from modelfleet.retraining.state import LONGEST_LINE, MOST_TRIALS
from modelfleet.spec.names import quoted, require_identifier
from modelfleet.tables.table_format import DateOrder, Decimal, ReadOptions


def _remember_stage(context: typer.Context, stage: Stage) -> Stage:
    # A stage of the environment need not be typed again.
    source = context.get_parameter_source("stage")
    is_typed = source is not None and source.name == "COMMANDLINE"
    remember_stage(stage if is_typed else None)
    return stage


StageOption = Annotated[
    Stage,
    typer.Option(
        "--stage",
        envvar="FLEET_STAGE",
        help="Deployment to connect to.",
        callback=_remember_stage,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
TuneOption = Annotated[
    int,
    typer.Option(
        "--tune",
        min=0,
        max=MOST_TRIALS,
        metavar="N",
        help="Try N sets of hyperparameters on the chosen estimator, for up to eight minutes.",
    ),
]
# How a table is to be read, where the table itself does not say: alike on each command that reads.
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", metavar="CHAR", help="Delimiter of the table; `tab` for a tab."),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="Encoding of the table, such as cp1252."),
]
DecimalOption = Annotated[
    str | None,
    typer.Option(
        "--decimal",
        metavar=", or .",
        help="Decimal mark of numbers that can be read in two ways, such as 1,234.",
    ),
]
DatesOption = Annotated[
    DateOrder | None,
    typer.Option("--dates", help="Order of dates that can be read in two ways, such as 1/2/2026."),
]
MissingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--missing",
        metavar="[COLUMN=]WORD",
        help="Word that stands for a missing value; can be repeated.",
    ),
]
KeepWordOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-word",
        metavar="[COLUMN=]WORD",
        help="Word that is a value although it usually means missing, such as NA; can be repeated.",
    ),
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook that has several.")
]
ModelArgument = Annotated[
    str,
    typer.Argument(
        help="Name of the model: its folder's name.", autocompletion=completion.model_names
    ),
]


def reading(
    delimiter: str | None,
    encoding: str | None,
    decimal: str | None,
    dates: DateOrder | None,
    missing: Sequence[str] | None,
    keep_word: Sequence[str] | None,
    sheet: str | None,
) -> ReadOptions:
    """The options that say how a table is to be read, as one value.

    Raises
    ------
    FleetError
        If the decimal mark is neither a comma nor a point.
    """
    mark: Decimal | None
    match decimal:
        case None | "," | ".":
            mark = decimal
        case _:
            raise FleetError(f"invalid decimal mark {decimal}: use --decimal , or --decimal .")
    return ReadOptions(
        delimiter=delimiter,
        encoding=encoding,
        decimal=mark,
        dates=dates,
        missing=tuple(missing or ()),
        keep=tuple(keep_word or ()),
        sheet=sheet,
    )


def typed_reading(options: ReadOptions) -> str:
    """The same options as they are typed, each after a blank; empty where there are none."""
    given = [
        ("--delimiter", options.delimiter),
        ("--encoding", options.encoding),
        ("--decimal", options.decimal),
        ("--dates", options.dates),
        *(("--missing", word) for word in options.missing),
        *(("--keep-word", word) for word in options.keep),
        ("--sheet", options.sheet),
    ]
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given if value is not None)


def visible_line(value: str) -> str:
    """A callback that rejects reasons that a record cannot show on one line."""
    if not is_one_line(value) or len(value) > LONGEST_LINE:
        raise FleetError(
            f"invalid --reason {quoted(value)}; use one line of at most {LONGEST_LINE} visible "
            "characters"
        )
    return value


def identifier(kind: str) -> Callable[[str | None], str | None]:
    """A callback that rejects values that cannot be the identifier of such a thing."""

    def check(value: str | None) -> str | None:
        return None if value is None else require_identifier(kind, value)

    return check
