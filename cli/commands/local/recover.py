"""`fleet recover`: list and restore copies of the local cloud's state."""

from typing import Annotated, Any

import typer

from cli.commands.options import JsonOption
from cli.local_cloud.layout import Layout
from cli.local_cloud.lifecycle import locked
from cli.local_cloud.processes.liveness import engine_process
from cli.local_cloud.processes.marked import marked
from cli.local_cloud.processes.postmaster import running as database_process
from cli.local_cloud.state.copies import Copy, copies, find_copy, restore, set_aside
from cli.output.console import answer, answer_json, answer_table
from cli.output.errors import FleetError

_MEGABYTE = 1_000_000


def recover(
    name: Annotated[
        str | None, typer.Argument(help="Copy to restore. Default: list the copies.")
    ] = None,
    aside: Annotated[
        bool, typer.Option("--set-aside", help="Move the current state to a copy.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List and restore copies of the local cloud's state.

    Restoring swaps states: the current one becomes a copy, and nothing is overwritten or deleted.
    Only `make clean` deletes copies.

    Example: fleet recover 20261130T093000.000000Z --yes
    """
    layout = Layout()
    if name is None and not aside:
        _list(layout, as_json=as_json)
        return
    if name is not None and aside:
        raise FleetError("specify either a copy or --set-aside, not both")
    if name is not None:
        find_copy(layout, name)
    _require_stopped(layout)
    _confirm(name, yes=yes, as_json=as_json)
    with locked(layout):
        _require_stopped(layout)
        kept = set_aside(layout) if name is None else restore(layout, find_copy(layout, name))
    _tell(name, kept, as_json=as_json)


def _list(layout: Layout, *, as_json: bool) -> None:
    found = copies(layout)
    if as_json:
        answer_json({"copies": [_document(copy) for copy in found]})
    elif found:
        rows: list[tuple[str, ...]] = [
            (each.name, f"{each.size_bytes / _MEGABYTE:.0f} MB", str(each.folder)) for each in found
        ]
        answer_table(("copy", "size", "folder"), rows)
        answer("restore one with `fleet recover COPY --yes`")
    else:
        answer("there are no copies of the local cloud's state")


def _document(copy: Copy) -> dict[str, Any]:
    return {
        "name": copy.name,
        "made_at": copy.made_at.isoformat(),
        "bytes": copy.size_bytes,
        "folder": str(copy.folder),
    }


def _confirm(name: str | None, *, yes: bool, as_json: bool) -> None:
    if yes:
        return
    if as_json:
        raise FleetError("this changes the local cloud's state; confirm with --yes")
    what = f"restore copy {name} and " if name else ""
    if not typer.confirm(f"{what}move the current state to a copy?".capitalize(), err=True):
        raise FleetError("nothing was changed")


def _require_stopped(layout: Layout) -> None:
    if engine_process(layout) or marked(layout.root) or database_process(layout.database):
        raise FleetError("the local cloud is running; stop it first with `fleet down`")


def _tell(name: str | None, kept: Copy | None, *, as_json: bool) -> None:
    if as_json:
        answer_json({"restored": name, "set_aside": _document(kept) if kept else None})
        return
    if kept is not None:
        answer(f"the previous state is now copy {kept.name}; restore it with:")
        answer(f"    fleet recover {kept.name} --yes")
    else:
        answer("there was no current state to set aside")
    if name is not None:
        answer(f"restored copy {name}; start it with `fleet up`")
