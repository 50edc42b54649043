"""`fleet new`: create a model's folder from a table."""

import re
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.options import (
    DatesOption,
    DecimalOption,
    DelimiterOption,
    EncodingOption,
    JsonOption,
    KeepWordOption,
    MissingOption,
    SheetOption,
    reading,
    typed_reading,
)
from cli.drafting import plan_tables
from cli.output.console import answer, answer_facts, answer_json, answer_table, done, say, step
from cli.output.errors import FleetError
from modelfleet.spec.model import MODEL_NAME_PATTERN
from modelfleet.spec.task import Task

if TYPE_CHECKING:
    # Imports pandas and scikit-learn, which would slow down other commands.
    from cli.drafting.draft import Inspected, ModelDraft
    from modelfleet.datasets.manifest import DatasetManifest


class Rare(StrEnum):
    """What to do with classes that have too few rows."""

    MERGE = "merge"
    DROP = "drop"


def new(
    model: Annotated[
        str, typer.Argument(help="Name of the new model: lowercase letters and digits.")
    ],
    csv: Annotated[
        Path,
        typer.Option(
            "--csv", help="Table: delimited text, JSON, Parquet, or .xlsx; each also .gz."
        ),
    ],
    target: Annotated[str, typer.Option("--target", help="Column to predict.")],
    task: Annotated[
        Task | None, typer.Option("--task", help="Task, if the target does not determine it.")
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", help="Column with the time of each row.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            help="Column with the same value in rows that belong together, such as a customer's.",
        ),
    ] = None,
    no_group: Annotated[
        bool, typer.Option("--no-group", help="Split rows one by one, even if an ID repeats.")
    ] = False,
    positive: Annotated[
        str | None, typer.Option("--positive", help="Positive class of a binary target.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="Column to leave out; can be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="Column to keep although the plan leaves it out."),
    ] = None,
    rare: Annotated[
        Rare, typer.Option("--rare", help="Merge classes with too few rows, or drop their rows.")
    ] = Rare.MERGE,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    missing: MissingOption = None,
    keep_word: KeepWordOption = None,
    sheet: SheetOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept the plan without asking.")] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Show the plan, and write nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Create a model's folder from a table.

    Shows the planned role of each column and writes nothing until you confirm. The files are meant
    to be edited. The table becomes the model's first data set: a copy is kept in .fleet until
    `fleet up` loads it and trains the model on it. None of its rows are in the model's folder.

    Example: fleet new creditrisk --csv data.csv --target default
    """
    if not re.fullmatch(MODEL_NAME_PATTERN, model):
        raise FleetError(
            f"invalid model name {model}: use 2 to 31 lowercase letters and digits, starting with "
            "a letter"
        )
    if not csv.is_file():
        raise FleetError(f"no such file: {csv}")
    if group is not None and no_group:
        raise FleetError("--group and --no-group exclude each other; choose one")
    with step("load the libraries"):
        from cli import new_model  # noqa: PLC0415  # slow, see above
        from cli.drafting import draft, folder, source_text  # noqa: PLC0415  # as above
        from modelfleet.drafting.table import PlanRequest  # noqa: PLC0415  # as above

    free = folder.require_free(model)
    request = PlanRequest(
        model=model,
        target=target,
        task=task,
        time=time,
        group=group,
        ungrouped=no_group,
        positive=positive,
        drop=tuple(drop or ()),
        keep=tuple(keep or ()),
        rare=rare.value,
        reading=reading(delimiter, encoding, decimal, dates, missing, keep_word, sheet),
    )
    inspected = draft.inspect(csv, request)
    if plan_only and as_json:
        answer_json({"model": model, "plan": inspected.plan.model_dump(mode="json")})
    elif not as_json:
        _show(inspected)
    if plan_only:
        return
    if not yes:
        _require_consent()
    made = draft.draft(inspected)
    loaded = new_model.write(made, csv, source_text.render(made), request.reading)
    if as_json:
        answer_json(_described(made, free, loaded))
        return
    _show_written(made, free, loaded, _typed(csv) + typed_reading(request.reading))


def _require_consent() -> None:
    if not sys.stdin.isatty():
        raise FleetError("nothing was written; accept the plan with --yes")
    if not typer.confirm("Write the model's folder?", err=True):
        raise FleetError(
            "nothing was written; change the plan with --drop, --keep, --group, and --rare"
        )


def _show(inspected: "Inspected") -> None:
    plan = inspected.plan
    answer_facts([*plan_tables.facts(plan), *plan_tables.warnings(plan)])
    if left_out := plan_tables.left_out_rows(plan):
        answer_table(plan_tables.LEFT_OUT, left_out)
    answer_table(plan_tables.feature_headings(plan), plan_tables.feature_rows(plan))
    answer_facts(plan_tables.readings(plan))


def _described(
    made: "ModelDraft", written: Path, loaded: "DatasetManifest | None"
) -> dict[str, Any]:
    return {
        "model": made.plan.model,
        "folder": str(written),
        "first_data_set": _counts(loaded) if loaded else None,
        "plan": made.plan.model_dump(mode="json"),
        "settings": made.settings.model_dump(mode="json"),
    }


def _typed(path: Path) -> str:
    """A file as a quoted shell argument that no command mistakes for an option."""
    name = str(path)
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def _counts(loaded: "DatasetManifest") -> dict[str, Any]:
    return {
        "version": loaded.version,
        "rows": loaded.rows,
        "quarantined": loaded.quarantined,
        "warnings": list(loaded.warnings),
    }


def _show_written(
    made: "ModelDraft", written: Path, loaded: "DatasetManifest | None", table: str
) -> None:
    model = made.plan.model
    answer(plan_tables.expected_line(made))
    done(f"wrote {written}")
    done(f"kept the table as its first data set, outside of the repository{_counted(loaded)}")
    say(f"  review the files, then check it:  fleet check {model}")
    say("  train and serve it locally:       fleet up")
    say(f"  in AWS, once it is deployed:      fleet data load {model} {table} --stage dev")
    say(f"                                    fleet retrain {model} --stage dev --wait")


def _counted(loaded: "DatasetManifest | None") -> str:
    if loaded is None:
        return "; it is large, so its rows are checked when `fleet up` loads it"
    return f": {loaded.rows:,} rows, {loaded.quarantined:,} rejected"
