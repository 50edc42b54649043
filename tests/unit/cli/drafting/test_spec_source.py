"""Adding a category to a `spec.py` that somebody wrote."""

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cli.drafting import spec_source
from cli.drafting.folder import formatted
from cli.output.errors import FleetError
from modelfleet.spec.model import ModelSpec

HEAD = '''"""A model."""

from typing import Literal, Optional
import typing

from modelfleet.spec.features import Features, category, number
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task

'''
TAIL = """
SPEC = ModelSpec(
    name="toy", title="Toy", description="A toy.", task=Task.BINARY,
    target=Target(column="y", description="y"), features=ToyFeatures,
    metrics=(Metric.ROC_AUC,), gate=Gate(primary=Metric.ROC_AUC, margin=0.1),
)
"""


def written(field: str, before: str = "") -> str:
    """Source of a spec with this field."""
    return f'{HEAD}{before}\n\nclass ToyFeatures(Features):\n    """Toys."""\n\n    {field}\n{TAIL}'


def spec_of(source: str) -> ModelSpec:
    """The model that source declares."""
    module = ModuleType("toy_spec")
    sys.modules[module.__name__] = module
    exec(compile(source, "spec.py", "exec"), module.__dict__)  # noqa: S102  the test's own source
    spec: ModelSpec = module.SPEC
    return spec


def accepted(tmp_path: Path, source: str, value: str = "Italy", column: str = "country") -> str:
    """The source afterwards."""
    file = tmp_path / "spec.py"
    file.write_bytes(source.encode())
    spec_source.add_category(spec_of(source), file, column, value)
    found = file.read_bytes().decode()
    made = next(each for each in spec_of(found).features.columns() if each.name == column)
    assert made.categories[-1] == value
    return found


DECLARED = '= category("Country", example="a")'


@pytest.mark.parametrize(
    ("field", "edited"),
    [
        (f'country: Literal["a", "b"] {DECLARED}', """Literal["a", "b", 'Italy']"""),
        (f"country: Literal['a'] {DECLARED}", "Literal['a', 'Italy']"),
        (f'country: typing.Literal["a", "b"] {DECLARED}', """typing.Literal["a", "b", 'Italy']"""),
        (
            'country: Optional[Literal["a"]] = category("C", example="a", nullable=True)',
            """Optional[Literal["a", 'Italy']]""",
        ),
        (
            'country: Literal["a"]  |  None = category("C", example="a", nullable=True)  # why',
            """Literal["a", 'Italy']  |  None = category("C", example="a", nullable=True)  # why""",
        ),
        (
            f'country: Literal[\n        "a",  # first\n        "ö"  # last\n    ] {DECLARED}',
            '"a",  # first\n        "ö",  # last\n        \'Italy\',\n    ]',
        ),
        (
            f'country: Literal[\n      "a", "b",\n      # the end\n    ] {DECLARED}',
            '"a", "b",\n      \'Italy\',\n      # the end\n    ]',
        ),
        (
            'class_: Literal["a", "b"] = category("C", example="a", alias="country")',
            """Literal["a", "b", 'Italy']""",
        ),
    ],
)
def test_everything_else_keeps_its_form(tmp_path: Path, field: str, edited: str) -> None:
    """Only the element is added, on a line of its own where the last one has its own."""
    source = written(field)
    found = accepted(tmp_path, source)
    assert edited in found
    kept = [line for line in source.splitlines() if line not in found.splitlines()]
    assert len(kept) <= 1


def test_a_named_list_is_followed(tmp_path: Path) -> None:
    """Within the same file."""
    source = written(f"country: Country {DECLARED}", before='Country = Literal["a", "b"]')
    assert """Country = Literal["a", "b", 'Italy']""" in accepted(tmp_path, source)


def test_line_endings_stay(tmp_path: Path) -> None:
    """A file of Windows keeps them, in the new line, too."""
    field = f'country: Literal[\n        "a",\n        "b",\n    ] {DECLARED}'
    found = accepted(tmp_path, written(field).replace("\n", "\r\n"))
    assert "\n" not in found.replace("\r\n", "")


def test_a_formatted_file_stays_formatted(tmp_path: Path) -> None:
    """By the same rules as generated models."""
    field = f'country: Literal["a", "b"] {DECLARED}'
    source = formatted(written(field).encode())
    assert source is not None
    assert 'Literal["a", "b", "Italy"]' in accepted(tmp_path, source.decode())


@pytest.mark.parametrize(
    "value",
    [
        '"',
        "'",
        '"""',
        "\\",
        "\\N{DASH}",
        "{x}",
        "#",
        "a]",
        "Köln",
        "%s",
        "${x}",
        "exit()",
    ],
)
def test_a_value_is_only_ever_a_value(tmp_path: Path, value: str) -> None:
    """Callers of the API choose it, so it is quoted as Python, in ASCII."""
    source = written(f'country: Literal["a", "b"] {DECLARED}')
    found = accepted(tmp_path, source, value)
    nodes = [len(list(ast.walk(ast.parse(text)))) for text in (source, found)]
    assert nodes[1] == nodes[0] + 1
    assert found.isascii()


@pytest.mark.parametrize(
    ("field", "before", "says"),
    [
        (
            f"country: Country {DECLARED}",
            'Country = getattr(typing, "Literal")["a"]',
            "does not list",
        ),
        (
            f"country: Country {DECLARED}\n    other: Country {DECLARED}",
            'Country = Literal["a", "b"]',
            "would change more",
        ),
    ],
)
def test_what_cannot_be_edited_is_left_alone(
    tmp_path: Path, field: str, before: str, says: str
) -> None:
    """The file is unchanged, and the message says what to do."""
    file = tmp_path / "spec.py"
    source = written(field, before)
    file.write_text(source)
    with pytest.raises(FleetError, match=says):
        spec_source.add_category(spec_of(source), file, "country", "Italy")
    assert file.read_text() == source
    assert [path.name for path in tmp_path.iterdir()] == ["spec.py"]


def test_a_broken_result_is_not_written(tmp_path: Path, monkeypatch: Any) -> None:
    """Whatever the edit does, the result is imported before it replaces the file."""
    file = tmp_path / "spec.py"
    source = written(f'country: Literal["a", "b"] {DECLARED}')
    file.write_text(source)
    monkeypatch.setattr(spec_source, "_with_element", lambda *_: b"1 +")
    with pytest.raises(FleetError, match="would be invalid"):
        spec_source.add_category(spec_of(source), file, "country", "Italy")
    assert file.read_text() == source
