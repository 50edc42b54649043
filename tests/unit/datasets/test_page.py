"""The report of a data set version as a page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from modelfleet.datasets.load import load
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HEADER = "age,income,colour,town,bought"
WriteTable = Callable[..., Path]


class Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is opened, and what it refers to."""
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        """What is closed was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self.texts.append(data)


@pytest.fixture
def page(binary: ModelSpec, write_table: WriteTable, lake: ObjectStore) -> str:
    """The page of a second version, half of whose incomes are gone, and with a town of markup."""
    rows = [f"{18 + n * 7 % 80},{n},red,Pisa,{n * n % 7 % 2}" for n in range(300)]
    load(binary, write_table(HEADER, *rows), lake, "ada", NOW)
    gaps = [
        f"{18 + n * 7 % 80},{n if n % 2 else ''},red,<b>&Rome,{n * n % 7 % 2}" for n in range(300)
    ]
    gaps += ["17,1,red,Pisa,0", "16,1,red,Pisa,0"]
    version = load(binary, write_table(HEADER, *gaps), lake, "ada", NOW).version
    content = DatasetStore(binary, lake).report_page(version)
    assert content is not None
    return content.decode()


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    """Each element is closed, nothing runs and nothing is fetched."""
    elements = Elements(page)
    assert elements.open == []
    assert elements.links == []
    assert "<script" not in page
    assert "url(" not in page


def test_the_worst_comes_first(page: str) -> None:
    """Warnings stand above what passed, and their columns above the others."""
    findings = page[page.index("Findings") : page.index("<h2>Columns")]
    assert findings.index('class="tag warn"') < findings.index('class="tag good"')
    columns = page[page.index("<h2>Columns") :]
    assert columns.index("<h3>income") < columns.index("<h3>age")


def test_rejected_rows_have_reasons(page: str) -> None:
    """With their number and the first line."""
    section = page[page.index("<h2>Rejected rows") : page.index("<h2>Columns")]
    cells = '<td class="whole">2</td><td class="whole">302</td>'
    assert re.search(rf"<td>age: .*</td>{cells}", section)


def test_values_are_no_markup(page: str) -> None:
    """What stands in a file is text on the page."""
    assert "<b>&Rome" not in page
    assert "&lt;b&gt;&amp;Rome" in page


def test_both_versions_are_drawn(page: str) -> None:
    """Each column has its bars, and below them those of the version before."""
    assert len(re.findall(r'</i><i style="width:\d+%"></i>', page)) > 10
    assert "previously 300" in page


def test_missing_shares_are_drawn(page: str) -> None:
    """A column with missing values, now or before, has a bar of their share; others have none."""
    columns = page[page.index("<h2>Columns") :]
    bar = '<span>missing</span><div><i style="width:50%"></i><i style="width:0%"></i></div>'
    assert columns.count(bar) == columns.count("<span>missing</span>") == 1
    assert columns.index("<h3>income") < columns.index(bar) < columns.index("<h3>age")
