"""Copies of the local cloud's state: set aside and brought back, never overwritten or deleted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.local_cloud.layout import Layout
from cli.output.errors import FleetError

_PLAN = "moving.json"


class _Plan(BaseModel):
    """Moves that belong together: once it is written, all of them are made, in this order.

    Their paths are of the layout's folder, which may itself be moved or copied meanwhile.
    """

    model_config = ConfigDict(frozen=True)

    moves: tuple[tuple[Path, Path], ...]


@dataclass(frozen=True)
class Copy:
    """A state of the local cloud that is not the present one."""

    folder: Path

    @property
    def name(self) -> str:
        """What it is called in commands: the moment it was made."""
        return self.folder.name

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.fromtimestamp(self.folder.stat().st_ctime, UTC)

    @property
    def size_bytes(self) -> int:
        """How much it holds."""
        files = (
            each for each in self.folder.rglob("*") if each.is_file() and not each.is_symlink()
        )
        return sum(each.stat().st_size for each in files)


def copies(layout: Layout) -> list[Copy]:
    """Every copy, the oldest first."""
    return sorted(_all(layout), key=lambda copy: copy.name)


def find_copy(layout: Layout, name: str) -> Copy:
    """The copy of this name.

    Raises
    ------
    FleetError
        If there is none.
    """
    for copy in copies(layout):
        if copy.name == name:
            return copy
    raise FleetError(f"there is no copy {name!r}; `fleet recover` lists them")


def set_aside(layout: Layout) -> Copy | None:
    """Move the present state into a new copy; `None` where there is none."""
    finish_moves(layout)
    kept, moves = _moves_aside(layout)
    _move(layout, moves)
    return kept if moves else None


def restore(layout: Layout, copy: Copy) -> Copy | None:
    """Make a copy the present state, and answer the copy that the present one has become."""
    finish_moves(layout)
    kept, moves = _moves_aside(layout)
    back = [(copy.folder / part.name, part) for part in layout.state if _in(copy, part).exists()]
    if not back:
        raise FleetError(f"the copy {copy.name} holds no state")
    _move(layout, [*moves, *back])
    return kept if moves else None


def finish_moves(layout: Layout) -> None:
    """Make the rest of the moves that a killed command had begun."""
    plan = layout.root / _PLAN
    if not plan.exists():
        return
    for source, target in _read_plan(layout, plan):
        if source.exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            _remove_if_empty(source.parent, layout)
    plan.unlink()


def _read_plan(layout: Layout, plan: Path) -> list[tuple[Path, Path]]:
    try:
        read = _Plan.model_validate_json(plan.read_bytes())
    except ValidationError as error:
        raise FleetError(
            f"{plan} is damaged: a state was being moved between {layout.root} and a folder of "
            f"{layout.copies}; move the rest of `engine` and `postgres` by hand, then remove {plan}"
        ) from error
    return [(layout.root / source, layout.root / target) for source, target in read.moves]


def _move(layout: Layout, moves: list[tuple[Path, Path]]) -> None:
    plan = layout.root / _PLAN
    draft = plan.with_suffix(".draft")
    root = layout.root
    own = tuple((source.relative_to(root), target.relative_to(root)) for source, target in moves)
    draft.write_text(_Plan(moves=own).model_dump_json())
    draft.replace(plan)
    finish_moves(layout)


def _moves_aside(layout: Layout) -> tuple[Copy, list[tuple[Path, Path]]]:
    copy = Copy(_new_folder(layout))
    return copy, [(part, copy.folder / part.name) for part in layout.state if part.exists()]


def _new_folder(layout: Layout) -> Path:
    """A folder whose name no copy has, in the order of time."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    taken = {copy.name for copy in _all(layout)}
    number, name = 1, stamp
    while name in taken:
        number, name = number + 1, f"{stamp}-{number}"
    return layout.copies / name


def _all(layout: Layout) -> Iterator[Copy]:
    for folder in (layout.copies, layout.killed):
        if folder.is_dir():
            yield from (Copy(each) for each in folder.iterdir() if each.is_dir())


def _in(copy: Copy, part: Path) -> Path:
    return copy.folder / part.name


def _remove_if_empty(folder: Path, layout: Layout) -> None:
    """A copy that became the present state is no copy any more."""
    if folder != layout.root and not any(folder.iterdir()):
        folder.rmdir()
