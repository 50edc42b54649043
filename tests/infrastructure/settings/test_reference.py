"""Settings are documented once, at their field; files and pages repeat it."""

import re

import pytest

from cdk.settings.ci import CiSettings
from cdk.settings.files import CI, FOLDER, stage_names
from cdk.settings.reference import PAGE, comment, page_with_table
from cdk.settings.schema import settings_of
from cdk.settings.stage import Stage


def test_the_page_lists_every_setting() -> None:
    """`make snapshots` renews the table in docs/configuration.md."""
    assert PAGE.read_text() == page_with_table(PAGE.read_text())


def test_every_setting_is_documented() -> None:
    """An empty comment would explain nothing."""
    for kind in (Stage, CiSettings):
        assert [s.path for s in settings_of(kind).values() if not s.documentation] == []


@pytest.mark.parametrize("name", [*stage_names(), CI])
def test_files_document_every_setting_inline(name: str) -> None:
    """Above each setting, or above the line that sets it without its #, is its documentation."""
    text = (FOLDER / f"{name}.toml").read_text()
    known = settings_of(CiSettings if name == CI else Stage)
    tables = {path.rpartition(".")[0] for path in known}
    for setting in known.values():
        key = re.escape(setting.path.rpartition(".")[2])
        line = rf"(# )?\[{key}(\.\w+)?\]" if setting.path in tables else rf"(# )?{key} = .+"
        if setting.path == "clients":
            line = r"# \[clients\.\w+\]"
        assert re.search(rf"^{re.escape(comment(setting))}\n{line}$", text, re.MULTILINE), (
            f"{name}.toml: above {setting.path}, write\n{comment(setting)}"
        )
