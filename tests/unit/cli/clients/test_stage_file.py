"""A client's permission is changed in its stage's file, and nothing else of it."""

import tomllib
from pathlib import Path

import pytest

from cdk.settings.files import FOLDER, read_stage, stage_names
from cli.clients.stage_file import permit_reports
from cli.output.errors import FleetError

ACME = "\n[clients.acme] # a customer\nburst = 5\n\n[clients.other]\nburst = 6\n"


def copied(folder: Path, stage: str, end: str = "") -> Path:
    """A copy of a stage's file."""
    file = folder / f"{stage}.toml"
    file.write_text((FOLDER / file.name).read_text() + end)
    return file


@pytest.mark.parametrize("stage", stage_names())
@pytest.mark.parametrize("client", ["default", "acme"])
def test_a_permission_is_set_and_taken_back(tmp_path: Path, stage: str, client: str) -> None:
    """The stage reads it, every other line stays, and setting it again changes nothing."""
    file = copied(tmp_path, stage, ACME)
    before = file.read_text().splitlines()
    permit_reports(file, client, False)
    for permitted in (True, False):
        assert permit_reports(file, client, permitted)
        assert not permit_reports(file, client, permitted)
        reporting = read_stage(stage, folder=tmp_path).reporting_clients
        assert (client in reporting) == permitted
    assert "other" not in reporting
    added = set(file.read_text().splitlines()) - set(before)
    assert added <= {"report_outcomes = false", f"[clients.{client}]"}
    assert set(before) - set(file.read_text().splitlines()) <= {"report_outcomes = true"}
    assert tomllib.loads(file.read_text())["clients"]["acme"]["burst"] == 5


def test_a_client_that_nobody_declared_is_refused(tmp_path: Path) -> None:
    """A misspelled name must not become a new client with a key."""
    file = copied(tmp_path, "prod", ACME)
    before = file.read_bytes()
    with pytest.raises(FleetError, match="its clients are default, acme, other"):
        permit_reports(file, "amce", True)
    assert file.read_bytes() == before


def test_a_form_that_lines_cannot_change_is_left_alone(tmp_path: Path) -> None:
    """An inline table is valid TOML, but has no line for the setting."""
    file = copied(tmp_path, "prod", "\n[clients]\nacme = { burst = 5 }\n")
    before = file.read_bytes()
    with pytest.raises(FleetError, match="report_outcomes = true"):
        permit_reports(file, "acme", True)
    assert file.read_bytes() == before
