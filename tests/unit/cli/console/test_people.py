"""People of the local console, and links that sign in."""

import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from cli.cloud import Cloud
from cli.console.links import sign_in_link
from cli.console.people import add_people, read_passwords
from cli.local_cloud.layout import Layout
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.console.access.role import Person, Role
from modelfleet.console.access.seal import Seals
from modelfleet.console.access.session import Sessions
from modelfleet.resource_names import Output

OUTPUTS = {
    Output.USER_POOL_ID: "pool-1",
    Output.SESSION_KEY: "arn:session-key",
    Output.CONSOLE_URL: "http://127.0.0.1:4566/console",
}


class FakeCloud:
    """A stage whose user pool and secret are in memory."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, str]] = {}

    def output(self, name: Output) -> str:
        """An output of the stage's stacks."""
        return OUTPUTS[name]

    def client(self, _: str) -> "FakeCloud":
        """A client of any service."""
        return self

    def admin_create_user(self, **sent: str) -> None:
        """Add a person, unless there is one of this name."""
        if sent["Username"] in self.people:
            raise ClientError(
                {"Error": {"Code": "UsernameExistsException", "Message": ""}}, "AdminCreateUser"
            )
        self.people[sent["Username"]] = {}

    def admin_set_user_password(self, **sent: Any) -> None:
        """Set a permanent password."""
        assert sent["Permanent"]
        self.people[sent["Username"]]["password"] = sent["Password"]

    def admin_add_user_to_group(self, **sent: str) -> None:
        """Set a person's group."""
        self.people[sent["Username"]]["group"] = sent["GroupName"]

    def get_secret_value(self, **sent: str) -> Mapping[str, str]:
        """The session key."""
        assert sent == {"SecretId": OUTPUTS[Output.SESSION_KEY]}
        return {"SecretString": "key"}  # pragma: allowlist secret


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty local cloud."""
    return Layout(tmp_path)


def test_passwords_are_made_once_and_only_their_owner_can_read_them(layout: Layout) -> None:
    """Each meets the pool's policy, and no two are alike."""
    made = read_passwords(layout)
    assert read_passwords(layout) == made
    assert stat.S_IMODE(layout.people.stat().st_mode) == 0o600
    assert len(set(made.values())) == len(Role)
    for password in made.values():
        assert len(password) >= 12
        assert all(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[-_]"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"viewer": "x"}'])
def test_an_incomplete_file_is_replaced(layout: Layout, text: str) -> None:
    """A command that was interrupted leaves no clone without passwords."""
    layout.people.write_text(text)
    assert set(read_passwords(layout)) == set(Role)
    assert stat.S_IMODE(layout.people.stat().st_mode) == 0o600


def test_there_is_a_person_for_each_role(layout: Layout) -> None:
    """Adding them again changes nothing."""
    cloud = FakeCloud()
    for _ in range(2):
        add_people(cast(Cloud, cloud), layout)
    passwords = read_passwords(layout)
    assert cloud.people == {
        role.value: {"password": passwords[role], "group": role.value} for role in Role
    }


def test_a_link_signs_in_as_the_person_of_the_role() -> None:
    """It is signed with the stage's session key."""
    link = urlsplit(sign_in_link(cast(Cloud, FakeCloud()), Role.VIEWER))
    assert link.path == "/console/sign-in/link"
    sessions = Sessions(Seals(FixedKeys(b"key"), lambda: datetime.now(UTC)))
    session = sessions.read_link(parse_qs(link.query)["value"][0])
    assert session is not None
    assert session.person == Person("viewer", Role.VIEWER)
