"""`fleet report`: show drift reports."""

import webbrowser
from datetime import timedelta
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.drift.reports import artifacts_bucket, report_name, require_reports
from cli.output.console import answer, answer_json, answer_table, say, warn
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.catalogue import find
from modelfleet.drift.report import ColumnDrift, DriftReport
from modelfleet.drift.reports import DRAWN_FILE, SUMMARY_FILE, read_report
from modelfleet.pages import policy
from modelfleet.pages.numbers import p_value, significant
from modelfleet.spec.categories import accept_command
from modelfleet.spec.errors import DriftStateError, ObjectNotFoundError

_LINK_LASTS = timedelta(hours=1)


def report(
    model: ModelArgument,
    name: Annotated[
        str | None, typer.Argument(help="Report, as in --list. Default: the newest.")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the summary in the browser.")
    ] = False,
    drawn: Annotated[
        bool, typer.Option("--evidently", help="Use Evidently's report instead of the summary.")
    ] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List all reports.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show a drift report: all columns, worst first.

    The printed link needs no credentials and is valid for an hour.

    Example: fleet report bankchurn --open, or: fleet report bankchurn --list
    """
    find(model)
    store = artifacts_bucket(Cloud.connect(stage))
    folders = require_reports(store, model)
    if list_all:
        _list(store, model, folders, as_json=as_json)
        return
    folder = _chosen(folders, model, name)
    found = read_report(store, folder)
    file = DRAWN_FILE if drawn else SUMMARY_FILE
    link = _link(store, model, folder, file)
    if as_json:
        name = report_name(folder, model)
        answer_json({"name": name, **found.model_dump(mode="json"), "link": link})
        return
    _show(found)
    answer(link)
    if open_page and not webbrowser.open(link):
        say("could not open a browser; open the link manually")


def _chosen(folders: list[str], model: str, name: str | None) -> str:
    if name is None:
        return folders[-1]
    found = [folder for folder in folders if report_name(folder, model) == name]
    if not found:
        raise FleetError(
            f"{model} has no report {name!r}; list them with `fleet report {model} --list`"
        )
    return found[0]


def _link(store: BucketObjectStore, model: str, folder: str, file: str) -> str:
    try:
        page = store.get(f"{folder}/{file}").content
    except ObjectNotFoundError:
        raise FleetError(
            f"{folder} has no page: there were too few predictions to compare, or the model's "
            "data set version was deleted"
        ) from None
    if file == DRAWN_FILE and not policy.is_held(page):
        raise FleetError(
            f"{folder}/{file} was written by an earlier version and may contain callers' scripts; "
            f"create a new report with `fleet drift {model} --wait`"
        )
    return store.link(f"{folder}/{file}", _LINK_LASTS)


def _list(store: BucketObjectStore, model: str, folders: list[str], *, as_json: bool) -> None:
    reports = []
    for folder in folders:
        try:
            reports.append((report_name(folder, model), read_report(store, folder)))
        except DriftStateError as error:
            warn(str(error))
    if as_json:
        answer_json([{"name": n} | r.model_dump(mode="json") for n, r in reversed(reports)])
        return
    rows: list[tuple[str, ...]] = [
        (name, each.version, f"{each.current_rows:,}", str(each.status), each.reason)
        for name, each in reversed(reports)
    ]
    answer_table(("report", "version", "predictions", "status", "reason"), rows)


def _show(found: DriftReport) -> None:
    window = found.window
    answer(
        f"{found.model} {found.version}, {window.start:%Y-%m-%d %H:%M} to "
        f"{window.end:%Y-%m-%d %H:%M} UTC, {found.current_rows:,} predictions: "
        f"{found.status} ({found.reason})"
    )
    rows = [_row(column) for column in found.worst_first]
    if rows:
        answer_table(("column", "status", "severity", "PSI", "p"), rows)
    for category in found.refused:
        if category.proposed and category.value is not None:
            command = accept_command(found.model, category.column, category.value)
            answer(
                f"{category.column}: {category.value!r} in {category.share:.1%} of requests was "
                f"refused; accept it with: {command}"
            )


def _row(column: ColumnDrift) -> tuple[str, ...]:
    p_values = [f.p_adjusted for f in column.findings if f.p_adjusted is not None]
    return (
        column.name,
        "drifted" if column.drifted else "-",
        str(column.severity),
        significant(column.psi),
        p_value(min(p_values, default=None)),
    )
