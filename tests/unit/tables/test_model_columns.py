"""Reading a file into the columns of a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Features, category
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.model_columns import read_table

HEADER = "age,income,colour,town,bought"
ROW = "30,12.5,red,Pisa,1"


def test_columns_hold_the_text_of_the_file(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """Every feature and the target is read as text, with the line of each row."""
    table = read_table(binary, write_table(HEADER, ROW, "41, 7 ,blue,  Rome ,0"))
    assert table.columns == {
        "age": ["30", "41"],
        "income": ["12.5", "7"],
        "colour": ["red", "blue"],
        "town": ["Pisa", "Rome"],
        "bought": ["1", "0"],
    }
    assert table.lines == (2, 3)
    assert table.source == "toy.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(
    binary: ModelSpec, write_table: Callable[..., Path], delimiter: str
) -> None:
    """Commas, semicolons and tabs are told apart by the header."""
    lines = (HEADER.replace(",", delimiter), ROW.replace(",", delimiter))
    assert read_table(binary, write_table(*lines)).columns["town"] == ["Pisa"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_the_encoding_is_found(
    binary: ModelSpec, write_table: Callable[..., Path], encoding: str
) -> None:
    """What spreadsheets and databases write is read, byte order mark or not."""
    content = f"{HEADER}\n30,1,red,Málaga,1\n".encode(encoding)
    assert read_table(binary, write_table(content=content)).columns["town"] == ["Málaga"]


@pytest.mark.parametrize("absent", ["", "  ", "NA", "N/A", "NaN", "nan", "null", "NULL", '""'])
def test_an_absent_value_is_none(
    binary: ModelSpec, write_table: Callable[..., Path], absent: str
) -> None:
    """Each spelling of an absent value is the same absent value."""
    table = read_table(binary, write_table(HEADER, f"30,{absent},red,{absent},1"))
    assert table.columns["income"] == [None]
    assert table.columns["town"] == [None]


def test_a_declared_category_is_a_value(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """A category that is called like an absent value is not absent."""

    class Regions(Features):
        region: Literal["EU", "NA"] = category("Region", example="EU")

    spec = binary.model_copy(update={"features": Regions})
    assert read_table(spec, write_table("region,bought", "NA,1")).columns["region"] == ["NA"]


def test_a_declared_class_is_a_value(binary: ModelSpec, write_table: Callable[..., Path]) -> None:
    """A class that is called like an absent value is not absent; other spellings of one are."""
    target = binary.target.model_copy(update={"labels": ("none", "some")})
    spec = binary.model_copy(update={"target": target})
    lines = [ROW[:-1] + told for told in ("None", "some", "NA", "")]
    found = read_table(spec, write_table(HEADER, *lines)).columns["bought"]
    assert found == ["None", "some", None, None]


def test_columns_that_are_set_aside_are_not_kept(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """Identifiers and columns that are known afterwards are neither kept nor noticed."""
    path = write_table(f"customer,seconds,{HEADER}", f"Ada,99,{ROW}")
    table = read_table(binary, path)
    assert set(table.columns) == set(HEADER.split(","))
    assert table.unused == ()


def test_unknown_columns_are_noticed(binary: ModelSpec, write_table: Callable[..., Path]) -> None:
    """A column that the spec does not mention is named and left out, an index column too."""
    table = read_table(binary, write_table(f",extra,{HEADER}", f"0,x,{ROW}"))
    assert table.unused == ("(unnamed)", "extra")
    assert table.columns["age"] == ["30"]


def test_lines_are_those_of_the_file(binary: ModelSpec, write_table: Callable[..., Path]) -> None:
    """Blank lines and line breaks inside quotes do not put the numbering out of step."""
    path = write_table(HEADER, "", ROW, '30,1,red,"two\nlines",1', ",,,,", ROW)
    assert read_table(binary, path).lines == (3, 4, 7)


def test_a_row_of_another_width_is_set_aside(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """A row with too few or too many fields is not guessed at."""
    table = read_table(binary, write_table(HEADER, "30,1,red", ROW, f"{ROW},7"))
    assert table.lines == (3,)
    assert [row.line for row in table.malformed] == [2, 4]
    assert table.malformed[0].reasons == ("it has 3 fields, the header has 5",)


@pytest.mark.parametrize(
    "broken",
    ['30,1,red,"Pisa,1', '30,1,red,"Pi"sa",1', '30,1,red,"' + "x" * 150_000 + '",1'],
    ids=["open quote", "text behind a quote", "long field"],
)
def test_a_line_that_cannot_be_read_is_set_aside_alone(
    binary: ModelSpec, write_table: Callable[..., Path], broken: str
) -> None:
    """The rows below it are read, and its own line is named with the reason."""
    table = read_table(binary, write_table(HEADER, ROW, broken, ROW, ROW))
    assert table.lines == (2, 4, 5)
    (malformed,) = table.malformed
    assert malformed.line == 3
    assert "quote" in malformed.reasons[0] or "cannot be read" in malformed.reasons[0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "toy.csv: the file is empty"),
        (["", "  "], "toy.csv: the file is empty"),
        ([HEADER], "toy.csv: no rows below the header"),
        (["age,income,colour,bought", "30,1,red,1"], "toy.csv: column town is missing"),
        (["age,colour,bought", "30,red,1"], "toy.csv: columns income, town are missing"),
        (["age,income,colour,town", "30,1,red,Pisa"], "toy.csv: column bought is missing"),
        ([f"{HEADER},age", f"{ROW},31"], "toy.csv: column age is there more than once"),
        (['"age,income', ROW], "toy.csv: line 1, the header, cannot be read: a quote in it"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    binary: ModelSpec, write_table: Callable[..., Path], lines: list[str], message: str
) -> None:
    """One line says which file, and which column or line."""
    with pytest.raises(DatasetError) as caught:
        read_table(binary, write_table(*lines))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_refused(binary: ModelSpec, tmp_path: Path) -> None:
    """A path that is not there, or is a folder, is named."""
    with pytest.raises(DatasetError, match=r"absent\.csv: cannot read the file: No such file"):
        read_table(binary, tmp_path / "absent.csv")
    with pytest.raises(DatasetError, match="cannot read the file"):
        read_table(binary, tmp_path)


def test_a_picture_is_refused(binary: ModelSpec, write_table: Callable[..., Path]) -> None:
    """Bytes that are no table are named as such."""
    with pytest.raises(DatasetError, match=r"toy\.csv: it contains binary data"):
        read_table(binary, write_table(content=bytes(range(256)) * 20))


def test_what_is_known_afterwards_is_read_to_be_compared(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """It is beside the columns that are kept, and absent where the file does not have it."""
    table = read_table(binary, write_table(f"{HEADER},seconds", f"{ROW},99", f"{ROW},"))
    assert table.afterwards == {"seconds": ["99", None]}
    assert "seconds" not in table.columns
    assert read_table(binary, write_table(HEADER, ROW)).afterwards == {}


def test_thousands_separators_are_read(binary: ModelSpec, write_table: Callable[..., Path]) -> None:
    """Numeric columns are spelled as programs read them; categories keep their commas."""
    table = read_table(binary, write_table(HEADER, '30,"1,250.5",red,"Pisa, 1,000",1'))
    assert table.columns["income"] == ["1250.5"]
    assert table.columns["town"] == ["Pisa, 1,000"]


def test_a_quoted_value_may_hold_a_line_break(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """Rows are counted by the line on which they start."""
    table = read_table(binary, write_table(HEADER, '30,1,red,"Pisa\nold town",1', ROW))
    assert table.columns["town"] == ["Pisa\nold town", "Pisa"]
    assert table.lines == (2, 4)


def test_parquet_is_read_like_text(binary: ModelSpec, tmp_path: Path) -> None:
    """Typed numbers stay numbers; gaps are gaps."""
    frame = pd.DataFrame(
        {"age": [30, 41], "income": [12.5, None], "colour": ["red", "blue"],
         "town": [None, "Rome"], "bought": [True, False]}
    )  # fmt: skip
    frame.to_parquet(tmp_path / "toy.parquet")
    table = read_table(binary, tmp_path / "toy.parquet")
    assert table.columns == {
        "age": [30, 41],
        "income": [12.5, None],
        "colour": ["red", "blue"],
        "town": [None, "Rome"],
        "bought": ["True", "False"],
    }


def test_a_broken_parquet_file_is_refused(binary: ModelSpec, tmp_path: Path) -> None:
    """What only begins and ends like one is named in one line."""
    path = tmp_path / "toy.parquet"
    path.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DatasetError, match=r"^toy\.parquet: not a readable Parquet file"):
        read_table(binary, path)


@pytest.mark.parametrize(
    ("labels", "cells", "classes"),
    [(None, ["1", "0", "true"], [1, 0, 1]), (("1", "2"), ["1", "2", "2.0"], [0, 1, 1])],
)
def test_typed_classes_are_spelled_like_text(
    binary: ModelSpec,
    tmp_path: Path,
    labels: tuple[str, str] | None,
    cells: list[str],
    classes: list[int],
) -> None:
    """A class called 1 is that class in JSON, too, whichever of the two it is."""
    target = binary.target.model_copy(update={"labels": labels})
    spec = binary.model_copy(update={"target": target})
    row = '{"age": 30, "income": 1, "colour": "red", "town": 501.0, "bought": %s}\n'
    path = tmp_path / "t.jsonl"
    path.write_text("".join(row % cell for cell in cells))
    table = read_table(spec, path)
    assert table.columns["town"] == ["501"] * 3
    read = [spec.task.kind.read(spec.target, cell) for cell in table.columns["bought"]]
    assert read == [(label, None) for label in classes]


def test_examples_are_shown_before_and_after_reading(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """Up to three a column, those that reading has changed first."""
    rows = ["30;12,5;red;Pisa;yes", "31;7;red;NA;no", "32;1.000,5;blue;Rome;no", "33;9;red;Bari;no"]
    examples = read_table(binary, write_table(HEADER.replace(",", ";"), *rows)).examples
    assert examples["income"] == (("12,5", "12.5"), ("1.000,5", "1000.5"), ("7", "7"))
    assert examples["town"][0] == ("NA", "missing")
    assert {*examples["colour"]} == {("red", "red"), ("blue", "blue")}
    assert all(len(each) <= 3 for each in examples.values())


def test_no_example_is_a_value_that_is_refused(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """It may be personal data in the wrong column."""
    rows = ["ann@example.com,Ann,Ann Lee,Pisa,Ann", ROW]
    examples = read_table(binary, write_table(HEADER, *rows)).examples
    shown = {
        text for column in ("age", "income", "colour") for pair in examples[column] for text in pair
    }
    assert shown == {"30", "12.5", "red"}


def test_personal_data_have_no_examples(
    binary: ModelSpec, write_table: Callable[..., Path]
) -> None:
    """Their values are stored, but not shown."""

    class Personal(Features):
        colour: Literal["red", "blue"] = category("Colour", example="red", personal_data=True)

    spec = binary.model_copy(update={"features": Personal, "identifiers": ("town",)})
    examples = read_table(spec, write_table(HEADER, ROW)).examples
    assert (examples["colour"], "town" in examples) == ((), False)
