"""Finding the models' folders, and saying what is wrong with one."""

from pathlib import Path
from uuid import uuid4

import pytest

from modelfleet.catalogue import catalogue, find, names
from modelfleet.spec.errors import SpecError, UnknownModelError

GOOD = """
from modelfleet.spec.features import Features, number
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task

class ToyFeatures(Features):
    age: int = number("Age", minimum=18, maximum=100, example=40)

SPEC = ModelSpec(
    name="toy", title="Toy", description="A toy.", task=Task.BINARY,
    target=Target(column="bought", description="1 if bought"), features=ToyFeatures,
    metrics=(Metric.ROC_AUC,), gate=Gate(primary=Metric.ROC_AUC, margin=0.01),
)
"""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty fleet: a package of its own, named so that no other test has imported it."""
    folder = tmp_path / f"fleet{uuid4().hex}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def add(fleet: Path, spec: str, name: str = "toy") -> None:
    """Add a model's folder."""
    (fleet / name).mkdir()
    (fleet / name / "__init__.py").write_text("")
    (fleet / name / "spec.py").write_text(spec)


def test_a_folder_is_all_that_a_model_needs(fleet: Path) -> None:
    """A new folder is found without an edit elsewhere."""
    assert names(fleet.name) == ()
    add(fleet, GOOD)
    assert names(fleet.name) == ("toy",)
    assert catalogue(fleet.name)["toy"].title == "Toy"


def test_a_folder_without_a_spec_is_no_model(fleet: Path) -> None:
    """Caches and half-made folders are not models."""
    (fleet / "__pycache__").mkdir()
    assert names(fleet.name) == ()


def test_an_unknown_model_is_named() -> None:
    """The error says what there is instead."""
    with pytest.raises(UnknownModelError, match=r"no model 'nosuch'; available: bankchurn, "):
        find("nosuch")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SPEC =", "SPECK =", "must define SPEC = ModelSpec"),
        ('name="toy"', 'name="other"', "field name is 'other', the folder is 'toy'"),
        ('title="Toy", ', "", "field title: Field required"),
        ("margin=0.01", "margin=-1", "field margin: Input should be greater"),
        ("margin=0.01", "margn=0.01", "field margin: Field required"),
        ('column="bought"', 'column="age"', "the target age cannot be a feature"),
        ("age: int =", "age: int | None =", "field age: annotate it"),
        ("example=40", "example=4", "features.age: its example"),
        ("maximum=100, ", "", r", line 6: TypeError: .*'maximum'"),
        ("import Features", "import Featurs", r", line 2: ImportError: .*'Featurs'"),
        ("Metric.ROC_AUC,", "Metric.ROC,", r", line 11: AttributeError: .*ROC"),
        ("SPEC = ModelSpec(", "SPEC = ModelSpec((", r", line \d+: SyntaxError"),
    ],
)
def test_a_broken_spec_names_file_and_field(fleet: Path, old: str, new: str, message: str) -> None:
    """Whatever is wrong in a spec ends in one error that says where."""
    assert old in GOOD
    add(fleet, GOOD.replace(old, new))
    with pytest.raises(SpecError, match=rf"{fleet.name}/toy/spec\.py.*{message}"):
        find("toy", fleet.name)


def test_the_file_is_shown_from_where_the_user_stands(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside the project the path is relative."""
    add(fleet, "SPEC = 1")
    monkeypatch.chdir(fleet.parent)
    with pytest.raises(SpecError, match=rf"^{fleet.name}/toy/spec\.py: must define"):
        find("toy", fleet.name)
