"""The documentation's pages link to what exists, and name each thing once."""

import re
import runpy
from pathlib import Path

import pytest

from cli.local_cloud.layout import REPOSITORY

_DOCS = REPOSITORY / "docs"
_PAGES = sorted([*REPOSITORY.glob("*.md"), *_DOCS.rglob("*.md")])
_CODE = re.compile(r"^```.*?^```|`[^`]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"""(?:\]\(|(?:src|srcset)=")([^)"#:]+)[)"#]""")


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_to_files(page: Path) -> None:
    """Every relative link of a page leads to a file of the repository."""
    for target in _LINK.findall(_CODE.sub("", page.read_text())):
        assert (page.parent / target).is_file(), target


def test_the_readme_is_two_screens_long() -> None:
    """It has at most 110 lines, and the commands that start and test everything."""
    readme = (REPOSITORY / "README.md").read_text()
    assert len(readme.splitlines()) <= 110
    assert "$ make up" in readme
    assert "$ make test" in readme


def test_the_glossary_has_each_term_once() -> None:
    """No term is defined twice."""
    terms = re.findall(r"^\| ([^|]+) \|", (_DOCS / "glossary.md").read_text(), re.MULTILINE)
    terms = [term for term in terms if term not in ("term", "---")]
    assert len(terms) > 30
    assert len(terms) == len(set(terms))


def test_the_index_has_every_decision() -> None:
    """Each decision is in the index under its number and title."""
    index = (_DOCS / "decisions" / "README.md").read_text()
    for note in sorted((_DOCS / "decisions").glob("0*.md")):
        number, title = re.fullmatch(r"# (\d+)\. (.+)", note.read_text().splitlines()[0]).groups()  # type: ignore[union-attr]  # fails the test
        assert note.name.startswith(f"{int(number):04}-")
        assert f"| [{number}]({note.name}) | {title} |" in index


def test_the_site_has_every_page() -> None:
    """The site's navigation lists each page of docs/."""
    navigation = (REPOSITORY / "mkdocs.yml").read_text()
    for page in _DOCS.rglob("*.md"):
        assert f"{page.relative_to(_DOCS)}\n" in navigation, page


def test_the_diagrams_are_the_scripts(tmp_path: Path) -> None:
    """Run elsewhere, the script draws the very files that are kept."""
    script = tmp_path / "diagrams.py"
    script.write_bytes((_DOCS / "images/diagrams.py").read_bytes())
    runpy.run_path(str(script), run_name="__main__")
    drawn = sorted(tmp_path.glob("*.svg"))
    assert len(drawn) == 4
    for file in drawn:
        assert file.read_bytes() == (_DOCS / "images" / file.name).read_bytes(), file.name
