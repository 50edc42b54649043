"""A stage is its file in `stages/`, and everything that is wrong with it is reported at once."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from cdk.settings.files import CI, FOLDER, deployed_by_ci, read_ci, read_stage, stage_names
from cdk.settings.stage import Stage, StageError
from cdk.settings.values import LogDays
from cdk.shared.logs import _RETENTIONS
from cli.cloud import Stage as StageOfCommands
from modelfleet.resource_names import StackPart

CERTIFICATE = "arn:aws:acm:eu-central-1:" + "0" * 12 + ":certificate/ab-12"
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a copy of prod's file with replacements; returns its folder."""

    def write(*changes: tuple[str, str], end: str = "") -> Path:
        text = (FOLDER / "prod.toml").read_text()
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (tmp_path / "prod.toml").write_text(text + end)
        return tmp_path

    return write


def _errors(folder: Path, context: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(StageError) as raised:
        read_stage("prod", context, folder)
    _, *found = str(raised.value).split("\n  ")
    return found


def test_commands_know_every_stage() -> None:
    """A stage with a file can be deployed and operated."""
    assert {str(each) for each in StageOfCommands} == set(stage_names())
    assert CI not in stage_names()


def test_ci_deploys_what_is_not_local() -> None:
    """Roles exist for each stage in AWS."""
    assert set(deployed_by_ci()) == {"dev", "staging", "prod"}


@pytest.mark.parametrize("name", [None, "", "production", "../stages/prod"])
def test_a_stage_without_a_file_lists_the_files(name: str | None) -> None:
    """The message names every file that could have been meant."""
    with pytest.raises(StageError, match=r"ci\.toml, dev\.toml, local\.toml, prod\.toml"):
        read_stage(name)


def test_everything_that_is_wrong_is_listed(written: Written) -> None:
    """One synthesis shows an unknown setting, a missing one, a wrong type, and a wrong range."""
    folder = written(
        ("snap_start = true", 'snap_start = "yes"'),
        ("budget_usd = 150", "budgt_usd = 150"),
        ("traced_share = 0.05", "traced_share = 1.5"),
        ('database = "aurora"', 'database = "oracle"'),
        ("shares = [0.1, 0.5]", "shares = [0.1, 5]"),
        end="[thrtle]\n",
    )
    found = "\n".join(_errors(folder, {"refresh_seconds": "soon"}))
    assert found.count("\n") == 7
    for expected in (
        'snap_start: "yes" is not valid; give true or false',
        "budgt_usd: unknown setting; did you mean budget_usd?",
        "budget_usd: missing; The monthly cost",
        "traced_share: 1.5 is not valid; give a number of at least 0 and at most 1",
        'database: "oracle" is not valid; give aurora or embedded',
        "release.shares: 5 is not valid",
        "thrtle: unknown setting; did you mean throttle?",
        '-c refresh_seconds: "soon" is not valid; give a number over 0',
    ):
        assert expected in found


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("snap_start = false", "release.snap_start: unknown setting; it belongs above"),
        ("[clients.acme]\nper_day = 7", "clients.acme.per_day: unknown setting"),
        ("[clients.acme]\nbrst = 7", "clients.acme.brst: unknown setting; did you mean burst?"),
        ('[clients.acme]\nburst = "7"', "clients.acme.burst: "),
        ("[clients.acme]\nburst = true", "clients.acme.burst: "),
        ("[clients.acme]\nrequests_per_month = 0", "clients.acme.requests_per_month: "),
        ("[clients.Acme]", "clients.Acme: "),
        ("[clients]\nacme = 7", "clients.acme: 7 is not valid"),
    ],
)
def test_a_setting_in_a_table_is_named_with_the_table(
    written: Written, end: str, expected: str
) -> None:
    """A key that is appended to a file belongs to the last table, which is easily overlooked."""
    (found,) = _errors(written(end=end + "\n"))
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("vault_days = 90", "vault_days = 2026-12-01", "vault_days: "),
        ("budget_usd = 150", "budget_usd = nan", "budget_usd: "),
        ("budget_usd = 150", "budget_usd = -1", "budget_usd: "),
        ("log_retention_days = 365", "log_retention_days = 366", "log_retention_days: "),
        ("burst = 1000", "burst = 10.5", "throttle.burst: "),
        ("burst = 1000", "burst = true", "throttle.burst: "),
        ("[throttle]", "[throttle.x]", "throttle.x: unknown"),
        ("packaging =", 'name = "other"\npackaging =', "name: unknown setting"),
        ("# reserved_concurrency = 20", "reserved_concurrency = 901", "reserved_concurrency: "),
        ("# alert_email =", "alert_email = 7 #", "alert_email: "),
        ("# alert_webhook =", 'alert_webhook = "http://a.example.com" #', "alert_webhook: "),
        ("# domain =", 'domain = "https://models.example.com" #', "domain: "),
        ("# hosted_zone_id =", 'hosted_zone_id = "example.com" #', "hosted_zone_id: "),
        ("# domain =", 'domain = "models.example.com" #', "certificate_arn: required"),
        ("# certificate_arn =", f'certificate_arn = "{CERTIFICATE}" #', "domain: required"),
        ("shares = [0.1, 0.5]", "shares = [0.5, 0.1]", "release.shares: "),
        ("requests_per_address = 100_000", "requests_per_address = 5", "requests_per_address: "),
        ("database_capacity_maximum = 4", "database_capacity_maximum = 0.5", "database_capacity"),
        ("database_backup_days = 7", "database_backup_days = 36", "database_backup_days: "),
    ],
)
def test_an_invalid_value_names_its_setting(
    written: Written, old: str, new: str, expected: str
) -> None:
    """The message says which setting is wrong."""
    assert any(each.startswith(expected) for each in _errors(written((old, new))))


@pytest.mark.parametrize("content", [b"packaging = ", b"a = 1\na = 2", b"\xff"])
def test_a_file_that_is_not_toml_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    """The parser's message says where."""
    (tmp_path / "prod.toml").write_bytes(content)
    with pytest.raises(StageError, match=r"prod\.toml is not valid TOML: "):
        read_stage("prod", folder=tmp_path)


def test_an_embedded_database_is_on_one_machine() -> None:
    """Stage local has neither a domain, nor a vault, nor a bill."""
    context = {"domain": "models.example.com", "certificate_arn": CERTIFICATE, "vault_days": 3}
    with pytest.raises(StageError) as raised:
        read_stage("local", context | {"budget_usd": "100"})
    assert str(raised.value).count("own machine") == 3


_TWO = ("https://a.example.com", "http://b:3000")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("reserved_concurrency", "20", 20),
        ("reserved_concurrency", 0, None),
        ("allowed_origins", "https://a.example.com http://b:3000", _TWO),
        ("allowed_origins", "*", ("*",)),
        ("allowed_origins", "", ()),
        ("snap_start", "no", False),
        ("snap_start", True, True),
        ("budget_usd", "12.5", 12.5),
        ("budget_usd", "0", None),
        ("log_retention_days", "14", 14),
        ("packaging", "zip", "zip"),
        ("alert_email", "team@example.com", "team@example.com"),
        ("protected", "all", frozenset(StackPart)),
        ("protected", "none", frozenset()),
        ("protected", "storage, batch", frozenset({StackPart.STORAGE, StackPart.BATCH})),
    ],
)
def test_the_context_overrides_one_setting(name: str, value: object, expected: object) -> None:
    """Values are text, as on the command line, or typed, as in cdk.json."""
    prod = read_stage("prod")
    found = read_stage("prod", {name: value})
    assert getattr(found, name) == expected
    assert dataclasses.replace(found, **{name: getattr(prod, name)}) == prod


def test_the_context_overrides_settings_in_tables() -> None:
    """By their path, or a whole table of clients as JSON."""
    context = {"release.wait_seconds": "60", "clients": '{"acme": {"burst": 7}}'}
    found = read_stage("prod", context | {"clients.other.requests_per_month": "9"})
    assert found.release == dataclasses.replace(read_stage("prod").release, wait_seconds=60)
    assert found.client_limits["acme"].burst == 7
    assert found.client_limits["other"].requests_per_month == 9


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"snap_strat": "no"}, "-c snap_strat: unknown setting; did you mean snap_start?"),
        ({"wait_seconds": "3"}, "-c wait_seconds: unknown setting; it belongs in [release]"),
        ({"clients": "{"}, "-c clients: '{' is not valid; give "),
        ({"clients": "[]"}, "-c clients: [] is not valid; give "),
        ({"protected": "database"}, '-c protected: "database" is not valid'),
        ({"snap_start": "perhaps"}, '-c snap_start: "perhaps" is not valid; give true or false'),
        ({"throttle": "fast"}, '-c throttle: "fast" is not valid; give a table'),
    ],
)
def test_a_wrong_override_is_named_as_it_was_given(context: dict[str, str], expected: str) -> None:
    """The message distinguishes the command line from the file."""
    (found,) = _errors(FOLDER, context)
    assert found.startswith(expected)


def test_an_override_replaces_a_wrong_value(written: Written) -> None:
    """A deployment can go on while the file is being fixed."""
    folder = written(("budget_usd = 150", 'budget_usd = "much"'))
    assert read_stage("prod", {"budget_usd": "3"}, folder).budget_usd == 3


def test_the_cdks_own_context_is_not_a_setting() -> None:
    """Feature flags, cached look-ups, and the address of the local database are left alone."""
    context = {"@aws-cdk/core:x": True, "aws:cdk:y": 1, "availability-zones:z": [], "stage": "prod"}
    assert read_stage("prod", context | {"tracking_uri": "postgresql://"}) == read_stage("prod")


@pytest.mark.parametrize("repository", ["acme/models", "Acme@1234567/my.models@987654321"])
def test_a_repository_is_named_as_in_githubs_tokens(repository: str) -> None:
    """With both IDs or with none."""
    assert read_ci({"repository": repository}).repository == repository


@pytest.mark.parametrize(
    "repository",
    [
        *(None, "", "models", "acme/*", "acme/models:ref", "*/*"),
        *("acme@1/models", "acme/models@1", "acme@x/models@1", "acme@/models@", "acme@*/models@*"),
    ],
)
def test_a_repository_is_required(repository: str | None, tmp_path: Path) -> None:
    """A pattern would trust the workflows of others."""
    (tmp_path / "ci.toml").write_text("")
    with pytest.raises(StageError, match=r"repository: "):
        read_ci({"repository": repository}, tmp_path)


def test_every_retention_of_logs_can_be_deployed() -> None:
    """The CDK has a name for each number of days that a file may give."""
    assert set(get_args(LogDays)) == set(_RETENTIONS)


def test_optional_settings_have_neutral_defaults() -> None:
    """A stage that sets none of them has no address, client, or reservation of its own."""
    optional = {f.name: f.default for f in dataclasses.fields(Stage) if not f.name.startswith("_")}
    assert optional["domain"] is None
    assert optional["reserved_concurrency"] is None
