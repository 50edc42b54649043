"""`fleet new`: from a table to the folder of a model."""

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.options import JsonOption
from cli.drafting import plan_tables
from cli.output.console import answer, answer_json, answer_table, done, say, step
from cli.output.errors import FleetError
from modelfleet.domain.spec import MODEL_NAME_PATTERN, Task

if TYPE_CHECKING:
    # They reach pandas and scikit-learn, which no other command should wait for.
    from cli.drafting.draft import Inspected, ModelDraft


def new(
    model: Annotated[str, typer.Argument(help="The new model's name: lower-case letters, digits.")],
    csv: Annotated[
        Path, typer.Option("--csv", help="The table: delimited text of any kind, or Parquet.")
    ],
    target: Annotated[str, typer.Option("--target", help="The column to predict.")],
    task: Annotated[
        Task | None, typer.Option("--task", help="What the target is, where that is not clear.")
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", help="The column that says when a row happened.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option("--positive", help="Which of the two classes is the positive one.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="A column to leave out; may be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="A column to use although the plan leaves it out."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the plan without being asked.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read a table, show what becomes of each column, and write a model's folder.

    Nothing is written before you agree. What is written is yours to edit.

    Example: fleet new creditrisk --csv data.csv --target default
    """
    if not re.fullmatch(MODEL_NAME_PATTERN, model):
        raise FleetError(
            f"{model}: a name has 2 to 31 lower-case letters and digits, a letter first"
        )
    if not csv.is_file():
        raise FleetError(f"{csv}: there is no such file")
    with step("load the libraries"):
        from cli.drafting import draft, folder, source_text  # noqa: PLC0415  heavy, see above
        from modelfleet.pipelines.infer.table import PlanRequest  # noqa: PLC0415  as above

    free = folder.require_free(model)
    request = PlanRequest(
        model=model,
        target=target,
        task=task,
        time=time,
        positive=positive,
        drop=tuple(drop or ()),
        keep=tuple(keep or ()),
    )
    inspected = draft.inspect(csv, request)
    if not as_json:
        _show(inspected)
    if not yes:
        _require_consent()
    made = draft.draft(inspected)
    folder.write(free, source_text.render(made))
    if as_json:
        answer_json(_described(made, free))
        return
    _tell(made, free, csv)


def _require_consent() -> None:
    if not sys.stdin.isatty():
        raise FleetError("nothing is written yet; to take this plan, add: --yes")
    if not typer.confirm("Write the model's folder?", err=True):
        raise FleetError("nothing is written; --drop and --keep change what becomes of columns")


def _show(inspected: "Inspected") -> None:
    plan = inspected.plan
    answer_table(plan_tables.COLUMNS, [plan_tables.column_row(each) for each in plan.columns])
    for line in plan_tables.plan_lines(plan):
        answer(line)


def _described(made: "ModelDraft", written: Path) -> dict[str, Any]:
    return {
        "model": made.plan.model,
        "folder": str(written),
        "plan": made.plan.model_dump(mode="json"),
        "settings": made.settings.model_dump(mode="json"),
    }


def _typed(path: Path) -> str:
    """A file as it is typed in a shell, where none passes for an option."""
    name = str(path)
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def _tell(made: "ModelDraft", written: Path, csv: Path) -> None:
    model, table = made.plan.model, _typed(csv)
    answer(plan_tables.expected_line(made))
    answer(plan_tables.imitated_line(made))
    done(f"wrote {written}")
    say(f"  look at it, then check it:      fleet check {model} --csv {table}")
    say("  serve it, on imitated rows:     fleet up")
    say(f"  then, on the real ones:         fleet data load {model} {table}")
    say(f"                                  fleet retrain {model} --wait")
