"""A table may call its file, columns and classes anything: nothing runs, and every name is kept."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.utils.validation import _validate_metric_name, _validate_param_name

from cli.drafting import draft
from cli.output.errors import FleetError
from modelfleet.drafting.expect import expect
from modelfleet.spec.features import RESERVED
from modelfleet.training.run_values import run_metrics, run_parameters
from tests import hostile, tables
from tests.integration.drafting.made import MadeModel, run

# Other tests cover the lines, which strange names do not change.
pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[3]
RUFF = str(Path(sys.executable).with_name("ruff"))
ROWS = 400
# A file's name has no slash, no NUL, and at most 255 bytes; it need not be UTF-8.
FILES = [
    *(name.replace("/", "_") for name in hostile.NAMES if len(name.encode()) < 200),
    os.fsdecode(b"\xff\xfe not UTF-8 \x80"),
]
CLASSES = ("a//b", "..", "a/../b?c=d#e", "%2F", "x\ny", "</script>", '"""', "\\", "\u202eb\x1b[31m",
           "[red]", "b" * 300, "None")  # fmt: skip


def named_columns(rows: int, seed: int = 1) -> pd.DataFrame:
    """Numbers and categories by turns, under names that mean something to some library."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(len(hostile.COLUMNS), rows))
    kinds = np.array(["None", "a//b", "[red]"], dtype=object)
    columns = {
        name: numbers[place] if place % 3 else kinds[rng.integers(0, 3, rows)]
        for place, name in enumerate(hostile.COLUMNS)
    }
    odds = 2.5 * numbers[1] + 2 * numbers[2] + 2 * numbers[5]
    kept = rng.random(rows) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame({**columns, "__dict__": np.where(kept, "</script>", "nan//")})


def named_classes(rows: int, seed: int = 1) -> pd.DataFrame:
    """More than two classes that would be paths, markup or code if something took them for such."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, len(CLASSES), rows)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["self", "..", "a//b"])
    frame["self"] += which
    frame[".."] += np.where(which % 2, 2, -2)
    return frame.assign(target=np.array(CLASSES, dtype=object)[which])


@pytest.fixture(scope="module")
def filed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model of each file, and nothing else beside them."""
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draft, "expect", _measured_once())
        for place, name in enumerate(FILES):
            table = folder / f"{name}.csv"
            tables.narrow(60).to_csv(table, index=False)
            run("new", f"file{place}", "--csv", str(table), "--target", "rent", "--yes")
    return home


def _measured_once() -> Callable[..., Any]:
    """Measure a baseline model of the first file alone, because all have the same rows."""
    measured: list[Any] = []

    def measure(*arguments: Any) -> Any:
        if not measured:
            measured.append(expect(*arguments))
        return measured[0]

    return measure


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        # Lines may be too long, which the files say themselves; nothing else is silenced.
        ("check", "--ignore-noqa", "--ignore", "E501,RUF100"),
        ("format", "--check"),
    ],
)
def test_the_name_of_a_file_silences_no_rule(command: tuple[str, ...], filed: Path) -> None:
    """What is written is as sound with every `noqa` ignored."""
    rules = ("--no-cache", "--config", str(ROOT / "pyproject.toml"))
    folders = [str(filed / f"file{place}") for place in range(len(FILES))]
    done = subprocess.run(
        [RUFF, *command, *rules, *folders], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_name_of_a_file_is_never_code(filed: Path, tmp_path: Path) -> None:
    """All that is written is ASCII, and importing it runs nothing foreign."""
    files = [path for path in filed.glob("file*/*.py") if path.stem != "__init__"]
    assert len(files) == 2 * len(FILES)
    assert all(path.read_text("utf-8").isascii() for path in filed.rglob("*.py"))
    imports = "; ".join(f"import models.{path.parent.name}.{path.stem}" for path in files)
    extended = f"import models; models.__path__.append({str(filed)!r}); {imports}"
    subprocess.run([sys.executable, "-c", extended], check=True, cwd=tmp_path, timeout=300)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []
    assert not list(filed.rglob("PWNED"))


def made_of(frame: pd.DataFrame, name: str, target: str, folder: Path, *options: str) -> MadeModel:
    """A model of a table of this file."""
    table = folder / f"{name}.csv"
    frame.to_csv(table, index=False)
    run("new", name, "--csv", str(table), "--target", target, "--yes", *options)
    importlib.invalidate_caches()
    return MadeModel(named_columns, name, table, frame, {})


def require_answers(made: MadeModel) -> None:
    """Train, and ask the predict function for the table's own rows under their own names."""
    service = made.served()
    features = [{n: row[n] for n in made.spec.feature_names} for row in made.rows[:10]]
    for row in features:
        answered = service.gateway.post(service.url("/predict"), row)
        assert answered.status == 200, answered.body
    scored = service.gateway.post(service.url("/predict/batch"), {"instances": features})
    assert (scored.status, scored.body["failed"]) == (200, 0)
    told = service.gateway.post(service.url("/explain"), features[0]).body["contributions"]
    assert {each["feature"] for each in told} == set(made.spec.feature_names)
    for path in ("/openapi.json", "/model", "/"):
        assert service.gateway.get(service.url(path)).status == 200


def require_names(made: MadeModel) -> None:
    """Hold what a run records against the registry's own rules."""
    manifest = made.trained.manifest
    metrics, parameters = run_metrics(manifest, 1), run_parameters(made.spec, manifest, _Bare(), 1)
    for name in metrics:
        _validate_metric_name(name)
    for name in parameters:
        _validate_param_name(name)


class _Bare:
    def get_params(self, *, deep: bool) -> dict[str, str]:
        """No settings, however deep."""
        return dict[str, str]() if deep else {"shallow": ""}


def test_columns_may_be_called_anything(home: Path, tmp_path: Path) -> None:
    """Every one is a feature under its own name, from the file to the answer."""
    made = made_of(named_columns(ROWS), "columns", "__dict__", tmp_path, "--keep", "prediction_id")
    assert made.spec.feature_names == hostile.COLUMNS
    assert made.spec.target.labels in (("nan//", "</script>"), ("</script>", "nan//"))
    assert {*made.sample(20)[0]} == {*hostile.COLUMNS, "__dict__"}
    require_answers(made)
    require_names(made)


def test_classes_may_be_called_anything(home: Path, tmp_path: Path) -> None:
    """Each is answered and recorded as itself; no two share a metric."""
    made = made_of(named_classes(100 * len(CLASSES)), "classes", "target", tmp_path)
    assert set(made.spec.classes) == set(CLASSES)
    require_answers(made)
    require_names(made)
    recorded = run_metrics(made.trained.manifest, 1)
    assert sum(name.endswith("/recall") for name in recorded) == len(CLASSES)
    drawn = {row["target"] for row in made.sample(2_000)}
    assert drawn <= set(CLASSES)


@pytest.mark.parametrize("target", ["left", "worth"])
def test_numbers_may_be_of_any_size(target: str, home: Path, tmp_path: Path) -> None:
    """From the smallest to more than models compute with, a table becomes a model that answers."""
    rng = np.random.default_rng(1)
    size = rng.normal(size=ROWS)
    whole = [str(int(2e19) + int(n) * 10**17) for n in rng.integers(0, 900, ROWS)]
    frame = pd.DataFrame(
        {
            "tiny": 5e-324 * rng.integers(0, 9, ROWS),
            "few": rng.choice([2e19, 3e19, 1.0], ROWS),
            "whole": whole,
            "both": np.where(size > 0, 1e38, -1e38),
            "size": size,
            "left": (size + rng.normal(size=ROWS) > 0).astype(int),
            "worth": [str(int(2e19 * (1 + abs(each)))) for each in size],
        }
    )
    made = made_of(frame, f"sizes{target}", target, tmp_path)
    assert len(made.generated(ROWS, 1)) == ROWS
    require_answers(made)


@pytest.mark.parametrize(
    ("column", "target", "told"),
    [
        ("a\0b", "rent", "the name contains a NUL character"),
        *((name, name, "this name is reserved") for name in RESERVED),
    ],
)
def test_a_name_that_nothing_can_keep_is_refused(
    column: str, target: str, told: str, home: Path, tmp_path: Path
) -> None:
    """In one line that names the column, and nothing is written."""
    table = tmp_path / "table.csv"
    frame = tables.narrow(300)
    frame[column] = frame["rent"]
    frame.to_csv(table, index=False)
    with pytest.raises(Exception, match=told):
        run("new", "unfit", "--csv", str(table), "--target", target, "--yes")
    assert not (home / "unfit").exists()


def test_a_name_that_data_sets_keep_is_left_out(home: Path, tmp_path: Path) -> None:
    """A column under which data sets say where a row comes from is no feature."""
    frame = tables.narrow(300).assign(**dict.fromkeys(RESERVED, np.arange(300) % 7))
    made = made_of(frame, "origins", "rent", tmp_path)
    assert set(RESERVED) <= set(made.spec.ignored)
    assert len(made.rows) == 300


@pytest.mark.parametrize("model", ["class", "lambda"])
def test_a_model_cannot_take_a_reserved_name(model: str, home: Path, tmp_path: Path) -> None:
    """Python's own words are refused before anything is read."""
    table = tmp_path / "table.csv"
    tables.narrow(300).to_csv(table, index=False)
    with pytest.raises(FleetError, match="is a Python keyword"):
        run("new", model, "--csv", str(table), "--target", "rent", "--yes")
