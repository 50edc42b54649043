"""A package holds the function, the shared library and the models, and nothing else."""

from pathlib import Path

import pytest

from cdk.shared import function_code


@pytest.fixture(autouse=True)
def _build_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_code, "BUILD", tmp_path)


def _packaged(folder: Path) -> set[str]:
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize(
    "unit", ["predict", "train", "release", "captures", "metrics", "pretraffic"]
)
def test_a_package_holds_one_function(unit: str) -> None:
    """The handler is at the path that Lambda expects, and no other handler is included."""
    files = set(function_code.function_sources(unit))
    assert f"functions/{unit}/handler.py" in files
    assert "functions/__init__.py" in files
    others = {f for f in files if not f.startswith(f"functions/{unit}/")}
    assert others == {"functions/__init__.py"}


def test_a_folder_without_handler_is_refused() -> None:
    """A misspelled function fails at synthesis, not at its first call."""
    with pytest.raises(FileNotFoundError, match=r"functions/nothing has no handler\.py"):
        function_code.function_sources("nothing")


def test_the_library_holds_only_source_files() -> None:
    """The shared library is packaged with its templates and static files, and no compiled files."""
    files = function_code.library_sources()
    assert {"modelfleet/settings.py", "models/bankchurn/spec.py"} <= set(files)
    pages = {"pages/templates/shell.html.j2", "pages/templates/charts.css", "drift/page.html.j2"}
    assert {f"modelfleet/{page}" for page in pages} <= set(files)
    assert all(name.endswith((".py", ".j2", ".css", ".js", ".svg")) for name in files)
    assert not any("__pycache__" in name for name in files)


def test_the_same_files_give_the_same_folder() -> None:
    """Packaging twice copies once, so an unchanged function is not deployed again."""
    sources = function_code.library_sources()
    first = function_code.stage_files(sources)
    written = first.stat().st_mtime_ns
    assert function_code.stage_files(sources) == first
    assert first.stat().st_mtime_ns == written
    assert _packaged(first) == set(sources)


def test_a_changed_file_gives_another_folder(tmp_path: Path) -> None:
    """Changing one byte changes the package."""
    file = tmp_path / "module.py"
    file.write_text("VALUE = 1\n")
    before = function_code.stage_files({"module.py": file})
    file.write_text("VALUE = 2\n")
    after = function_code.stage_files({"module.py": file})
    assert before != after
    assert (before / "module.py").read_text() == "VALUE = 1\n"


def test_packaging_leaves_no_temporary_folder(tmp_path: Path) -> None:
    """Only finished folders remain, also if another process was faster."""
    draft, target = tmp_path / "draft", tmp_path / "target"
    for folder in (draft, target):
        folder.mkdir()
        (folder / "module.py").touch()
    function_code.publish(draft, target)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
