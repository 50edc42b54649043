"""Text read in blocks is the text read record by record."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelfleet.tables.columns.arrow_cells import ArrowCells
from modelfleet.tables.files import records
from modelfleet.tables.reader import OpenTable

HEADER = b"a,b,c\n"
LINES = st.one_of(
    st.lists(
        st.sampled_from(
            ["", " ", "1", "-2.5", "red", '"red"', '"a,b"', '"say ""hi"""', '""', "é",
             "\u00a0x\u00a0", "'=1+1", "O'Brien", '"', 'a"b', '"a" ', ' "a"', "\x1f", "x" * 50,
             "\ufeff", "\x00"]
        ),
        min_size=1,
        max_size=4,
    ).map(",".join),
    st.sampled_from(["", ",,", " , ,", "1,2,3", '"1\n2",3,4', '1,"2\r\n3",4', "1,2,3\r5,6,7",
                     "\ufeff1,2,3"]),
).map(str.encode)  # fmt: skip
BROKEN = st.sampled_from([b"\xff,2,3", b"1,\xe9t\xe9,3", b"'", b"\xc2\xa0,\xc2\xa0,"])
ENDINGS = st.sampled_from([b"\n", b"\r\n", b"\n", b"\n", b"\r"])
FILES = st.lists(st.tuples(st.one_of(LINES, LINES, BROKEN), ENDINGS), max_size=12).map(
    lambda lines: b"".join(line + ending for line, ending in lines)
)


def by_record(content: bytes) -> tuple[list[Any], list[Any]]:
    """The rows and faults of the reader of records."""
    found = [*OpenTable(BytesIO(content), "t.csv").records()]
    rows = [(each.line, tuple(each.cells)) for each in found if each.fault is None]
    return rows, [(each.line, (each.fault,)) for each in found if each.fault is not None]


def by_block(content: bytes) -> tuple[list[Any], list[Any]]:
    """The rows and faults of the blocks."""
    rows, faults = list[Any](), list[Any]()
    for block in OpenTable(BytesIO(content), "t.csv").blocks():
        rows += zip(block.lines.tolist(), zip(*block.columns, strict=True), strict=True)
        faults += [(row.line, row.reasons) for row in block.malformed]
    return rows, faults


@given(lines=FILES, last=st.sampled_from([b"", b"1,2,3", b'"1,2,3', b"1,2"]))
@example(lines=b'1,2,"3\n4,5,6\n', last=b"7,8,9")
def test_blocks_are_the_records(lines: bytes, last: bytes) -> None:
    """Whatever is in a line, both give the same rows, lines, and faults."""
    content = HEADER + b"1,2,3\n" * 3 + lines + last
    assert by_block(content) == by_record(content)


@pytest.mark.parametrize("size", [1, 7, 40])
@given(lines=FILES)
def test_a_block_may_end_anywhere(size: int, lines: bytes) -> None:
    """A record that goes on in the next block is read as one."""
    content = HEADER + b"1,2,3\n" * 3 + lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_CHUNK_BYTES", size)
        assert by_block(content) == by_record(content)


@pytest.mark.parametrize(
    "line", [b"1,2,3,\n", b"1,2,3\n", b"1,2,3, \n", b"1,2,3,4\n", b'1,2,"3",\n', b",,,\n"]
)
def test_trailing_delimiters_are_no_fields(line: bytes) -> None:
    """A row may end with the delimiters that most rows end with."""
    content = HEADER + b"1,2,3,\n" * 10 + line + b"1,2,3,\r\n"
    assert by_block(content) == by_record(content)


def test_well_formed_lines_are_parsed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No record is read of such a line, quoted or not, and only one for each other line."""
    read: list[str] = []
    single = records.Records._read

    def counting(self: records.Records, first: str) -> Any:
        read.append(first)
        return single(self, first)

    table = OpenTable(BytesIO(HEADER + b'1,"2,5",3\n4,5,6\r\n' * 2_000 + b"1,2\n"), "t.csv")
    monkeypatch.setattr(records.Records, "_read", counting)
    blocks = [*table.blocks([1])]
    assert read == ["1,2\n"]
    assert all(isinstance(block.columns[0], ArrowCells) for block in blocks)
    assert sum(len(block.columns[0]) for block in blocks) == 4_000
