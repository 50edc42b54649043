"""`fleet report`: the reports that the drift function left."""

import webbrowser
from datetime import timedelta
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.drift import runs as watching
from cli.output.console import answer, answer_json, answer_table, say, warn
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.domain import page_policy
from modelfleet.domain.drift import ColumnDrift, DriftReport, DriftTest
from modelfleet.domain.errors import ObjectNotFoundError, WatchingError
from modelfleet.pipelines.watch_reports import DRAWN_FILE, SUMMARY_FILE, read_report
from models.catalogue import find

_LINK_LASTS = timedelta(hours=1)


def report(
    model: ModelArgument,
    name: Annotated[
        str | None, typer.Argument(help="Which one, as --list names it; the newest if none is.")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Show the summary in a browser.")
    ] = False,
    drawn: Annotated[
        bool, typer.Option("--evidently", help="With --open: Evidently's report, not the summary.")
    ] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List the reports there are.")] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show a drift report of a model: every column, the worst first.

    The link opens without credentials, for an hour.

    Example: fleet report bankchurn --open, or: fleet report bankchurn --list
    """
    find(model)
    store = watching.artifacts(Cloud.connect(stage))
    folders = watching.folders(store, model)
    if list_all:
        _list(store, model, folders, as_json=as_json)
        return
    folder = _chosen(folders, model, name)
    found = read_report(store, folder)
    file = DRAWN_FILE if drawn else SUMMARY_FILE
    link = _link(store, model, folder, file)
    if as_json:
        name_there = watching.name_of(folder, model)
        answer_json({"name": name_there, **found.model_dump(mode="json"), "link": link})
        return
    _show(found)
    answer(link)
    if open_page and not webbrowser.open(link):
        say("no browser could be opened; open the link")


def _chosen(folders: list[str], model: str, name: str | None) -> str:
    if name is None:
        return folders[-1]
    found = [folder for folder in folders if watching.name_of(folder, model) == name]
    if not found:
        raise FleetError(f"{model} has no report {name!r}; see: fleet report {model} --list")
    return found[0]


def _link(store: BucketObjectStore, model: str, folder: str, file: str) -> str:
    try:
        page = store.get(f"{folder}/{file}").content
    except ObjectNotFoundError:
        raise FleetError(
            f"nothing was drawn in {folder}: there was too little to compare, or the data set "
            "version that the model was trained on is gone"
        ) from None
    if file == DRAWN_FILE and not page_policy.is_held(page):
        raise FleetError(
            f"{folder}/{file} was written by an earlier version, whose reports may run scripts "
            f"of callers; write a new one with `fleet drift {model} --wait`"
        )
    return store.link(f"{folder}/{file}", _LINK_LASTS)


def _list(store: BucketObjectStore, model: str, folders: list[str], *, as_json: bool) -> None:
    reports = []
    for folder in folders:
        try:
            reports.append((watching.name_of(folder, model), read_report(store, folder)))
        except WatchingError as error:
            warn(str(error))
    if as_json:
        answer_json([{"name": n} | r.model_dump(mode="json") for n, r in reversed(reports)])
        return
    rows: list[tuple[str, ...]] = [
        (name, each.version, f"{each.current_rows:,}", str(each.status), each.reason)
        for name, each in reversed(reports)
    ]
    answer_table(("report", "version", "predictions", "found", "what"), rows)


def _show(found: DriftReport) -> None:
    window = found.window
    answer(
        f"{found.model} {found.version}, {window.start:%Y-%m-%d %H:%M} to "
        f"{window.end:%Y-%m-%d %H:%M} UTC, {found.current_rows:,} predictions: "
        f"{found.status} ({found.reason})"
    )
    rows = [_row(column) for column in (*found.answers, *found.columns)]
    if rows:
        answer_table(("column", "found", "severity", "psi", "p"), rows)


def _row(column: ColumnDrift) -> tuple[str, ...]:
    score = column.finding(DriftTest.PSI)
    p_values = [f.p_adjusted for f in column.findings if f.p_adjusted is not None]
    return (
        column.name,
        "drifted" if column.drifted else "-",
        str(column.severity),
        "-" if score is None else f"{score.statistic:.3f}",
        f"{min(p_values):.2g}" if p_values else "-",
    )
