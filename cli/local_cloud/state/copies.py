"""Copies of the local cloud's state: set aside and restored, never overwritten or deleted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from cli.local_cloud.layout import Layout, replace_file
from cli.output.errors import FleetError

_PLAN = "moving.json"


def _within(path: Path) -> Path:
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise ValueError(f"{path} is not within the folder")
    return path


_Within = Annotated[Path, AfterValidator(_within)]


class _Plan(BaseModel):
    """Moves to make in this order; once the plan is written, all of them will be made.

    Paths are relative to the layout's folder, which may itself be moved, and lie within it.
    """

    model_config = ConfigDict(frozen=True)

    moves: tuple[tuple[_Within, _Within], ...]


@dataclass(frozen=True)
class Copy:
    """A state of the local cloud other than the current one."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name in commands: the time when it was made."""
        return self.folder.name

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.fromtimestamp(self.folder.stat().st_ctime, UTC)

    @property
    def size_bytes(self) -> int:
        """The size of its files."""
        files = (
            each for each in self.folder.rglob("*") if each.is_file() and not each.is_symlink()
        )
        return sum(each.stat().st_size for each in files)


def copies(layout: Layout) -> list[Copy]:
    """All copies, oldest first."""
    return sorted(_all(layout), key=lambda copy: copy.name)


def find_copy(layout: Layout, name: str) -> Copy:
    """The copy with this name.

    Raises
    ------
    FleetError
        If there is none.
    """
    for copy in copies(layout):
        if copy.name == name:
            return copy
    raise FleetError(f"there is no copy {name!r}; list the copies with `fleet recover`")


def set_aside(layout: Layout) -> Copy | None:
    """Move the current state to a new copy; `None` if there is no state."""
    finish_moves(layout)
    kept, moves = _moves_aside(layout)
    _move(layout, moves)
    return kept if moves else None


def restore(layout: Layout, copy: Copy) -> Copy | None:
    """Make a copy the current state; returns the copy that the previous state became."""
    finish_moves(layout)
    kept, moves = _moves_aside(layout)
    back = [(copy.folder / part.name, part) for part in layout.state if _in(copy, part).exists()]
    if not back:
        raise FleetError(f"copy {copy.name} contains no state")
    _move(layout, [*moves, *back])
    return kept if moves else None


def finish_moves(layout: Layout) -> None:
    """Make the remaining moves of a command that was killed."""
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
            f"{plan} is damaged: `engine` and `postgres` were being moved between {layout.root} "
            f"and a folder in {layout.copies}; finish moving them manually, then delete {plan}"
        ) from error
    return [(layout.root / source, layout.root / target) for source, target in read.moves]


def _move(layout: Layout, moves: list[tuple[Path, Path]]) -> None:
    root = layout.root
    own = tuple((source.relative_to(root), target.relative_to(root)) for source, target in moves)
    replace_file(root / _PLAN, _Plan(moves=own).model_dump_json())
    finish_moves(layout)


def _moves_aside(layout: Layout) -> tuple[Copy, list[tuple[Path, Path]]]:
    copy = Copy(_new_folder(layout))
    return copy, [(part, copy.folder / part.name) for part in layout.state if part.exists()]


def _new_folder(layout: Layout) -> Path:
    """A new folder; names of copies sort by time."""
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
    """Remove the folder of a copy that became the current state."""
    if folder != layout.root and not any(folder.iterdir()):
        folder.rmdir()
