"""Copies of the state have unique names and are never overwritten or deleted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.local_cloud.layout import HOME_VARIABLE, Layout
from cli.local_cloud.state import copies
from cli.output.errors import FleetError


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Lay out a local cloud whose state says `present`."""
    layout = Layout(tmp_path)
    _fill(layout, "present")
    return layout


def _fill(layout: Layout, text: str) -> None:
    for part in layout.state:
        part.mkdir(parents=True)
        (part / "content").write_text(text)


def _content(layout: Layout) -> set[str]:
    return {(part / "content").read_text() for part in layout.state}


def test_a_copy_is_the_whole_state(layout: Layout) -> None:
    """Engine and database are moved together."""
    copy = copies.set_aside(layout)
    assert copy is not None
    assert {each.name for each in copy.folder.iterdir()} == {"engine", "postgres"}
    assert (copy.folder / "engine" / "content").read_text() == "present"
    assert not any(part.exists() for part in layout.state)
    assert copies.copies(layout) == [copy]


def test_nothing_to_set_aside(tmp_path: Path) -> None:
    """Without a state there is no copy."""
    layout = Layout(tmp_path)
    assert copies.set_aside(layout) is None
    assert copies.copies(layout) == []


def test_copies_have_unique_names(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many copies are all kept, even if they are made at the same time."""
    for number in range(4):
        copies.set_aside(layout)
        _fill(layout, str(number))
    found = copies.copies(layout)
    assert len({copy.name for copy in found}) == 4
    assert [(c.folder / "engine" / "content").read_text() for c in found] == [
        "present",
        "0",
        "1",
        "2",
    ]


def test_restoring_swaps_states(layout: Layout) -> None:
    """The copy becomes the current state, and the current state becomes a copy."""
    old = copies.set_aside(layout)
    assert old is not None
    _fill(layout, "newer")
    kept = copies.restore(layout, old)
    assert kept is not None
    assert _content(layout) == {"present"}
    assert copies.copies(layout) == [kept]
    assert (kept.folder / "postgres" / "content").read_text() == "newer"
    copies.restore(layout, kept)
    assert _content(layout) == {"newer"}


@pytest.mark.parametrize("moves_made", range(5))
def test_killed_while_restoring(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, moves_made: int
) -> None:
    """The next command completes the moves of a killed one, however many were made."""
    old = copies.set_aside(layout)
    assert old is not None
    _fill(layout, "newer")
    made: list[Path] = []
    rename = Path.rename

    def killed(source: Path, target: Path) -> Path:
        if len(made) == moves_made:
            raise KeyboardInterrupt
        made.append(source)
        return rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        if moves_made < 4:
            with pytest.raises(KeyboardInterrupt):
                copies.restore(layout, old)
        else:
            copies.restore(layout, old)
    copies.finish_moves(layout)
    assert _content(layout) == {"present"}
    (kept,) = copies.copies(layout)
    assert {(kept.folder / part / "content").read_text() for part in ("engine", "postgres")} == {
        "newer"
    }


def test_moved_while_restoring(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder copied during a swap completes its own moves and touches no other folder."""
    old = copies.set_aside(layout)
    assert old is not None
    _fill(layout, "newer")
    with monkeypatch.context() as patched:
        patched.setattr(copies, "finish_moves", lambda _: None)
        copies.restore(layout, old)
    other = Layout(tmp_path.with_name(f"{tmp_path.name}-other"))
    shutil.copytree(layout.root, other.root)
    copies.finish_moves(other)
    assert (_content(other), _content(layout)) == ({"present"}, {"newer"})


@pytest.mark.parametrize("text", ["", "[]", '{"moves": [["a"'])
def test_a_damaged_plan(layout: Layout, text: str) -> None:
    """An unreadable plan is an error, and nothing is moved."""
    (layout.root / "moving.json").write_text(text)
    with pytest.raises(FleetError, match=r"moving\.json is damaged"):
        copies.set_aside(layout)
    assert _content(layout) == {"present"}


def test_copies_of_earlier_releases(layout: Layout) -> None:
    """Copies of earlier releases, in `killed`, are listed and can be restored."""
    old = layout.killed / "20250101T000000Z"
    for part in ("engine", "postgres"):
        (old / part).mkdir(parents=True)
        (old / part / "content").write_text("old")
    copies.restore(layout, copies.find_copy(layout, old.name))
    assert _content(layout) == {"old"}


def test_an_unknown_copy(layout: Layout) -> None:
    """An unknown name is an error that says how to list the copies."""
    with pytest.raises(FleetError, match="no copy 'x'; list the copies with `fleet recover`"):
        copies.find_copy(layout, "x")


def _fleet(layout: Layout, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli.app", "recover", *arguments],
        env=os.environ | {HOME_VARIABLE: str(layout.root)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_the_command_asks_before_changing_anything(layout: Layout) -> None:
    """Without `--yes` or a confirmation, nothing is moved."""
    done = _fleet(layout, "--set-aside")
    assert done.returncode != 0
    assert _content(layout) == {"present"}


def test_the_command(layout: Layout) -> None:
    """`fleet recover` sets aside, lists, and restores, and says how to undo it."""
    done = _fleet(layout, "--set-aside", "--yes")
    (copy,) = copies.copies(layout)
    assert f"fleet recover {copy.name} --yes" in done.stdout
    assert copy.name in _fleet(layout, "--json").stdout
    assert _fleet(layout, copy.name, "--yes").returncode == 0
    assert _content(layout) == {"present"}


@pytest.mark.parametrize(
    "outside", ["../elsewhere", "copies/../../elsewhere", "{root}/elsewhere", "."]
)
@pytest.mark.parametrize("as_source", [True, False])
def test_a_plan_moves_nothing_across_its_folder(
    layout: Layout, tmp_path_factory: pytest.TempPathFactory, outside: str, *, as_source: bool
) -> None:
    """A plan that somebody else wrote neither takes nor writes files outside."""
    path = outside.format(root=tmp_path_factory.mktemp("outside"))
    moves = [[path, "engine2"] if as_source else ["engine", path]]
    plan = layout.root / copies._PLAN
    plan.write_text(json.dumps({"moves": moves}))
    with pytest.raises(FleetError, match=r"moving\.json is damaged"):
        copies.finish_moves(layout)
    assert _content(layout) == {"present"}
