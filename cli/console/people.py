"""The people of the local console: one per role, with passwords that only this clone has."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.cloud import Cloud
from cli.local_cloud.layout import Layout
from modelfleet.console.access.role import Role
from modelfleet.resource_names import Output

_EXISTS = "UsernameExistsException"
_RANDOM_BYTES = 12
# One character of each kind that the pool's policy asks for.
_EACH_KIND = "-Aa1"
_OWNER_ONLY = 0o600


def add_people(cloud: Cloud, layout: Layout) -> None:
    """Add a person for each role, named after it."""
    pool, client = cloud.output(Output.USER_POOL_ID), cloud.client("cognito-idp")
    for role, password in read_passwords(layout).items():
        _add(client, pool, role, password)


def read_passwords(layout: Layout) -> Mapping[Role, str]:
    """Return this clone's passwords; generate them if there are none."""
    try:
        kept = json.loads(layout.people.read_text())
        return {role: str(kept[role]) for role in Role}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        made = {role: f"{secrets.token_urlsafe(_RANDOM_BYTES)}{_EACH_KIND}" for role in Role}
    layout.people.unlink(missing_ok=True)
    layout.people.touch(_OWNER_ONLY)
    layout.people.write_text(f"{json.dumps(made, indent=2)}\n")
    return made


def _add(client: Any, pool: str, role: Role, password: str) -> None:
    person = {"UserPoolId": pool, "Username": role.value}
    try:
        client.admin_create_user(**person, MessageAction="SUPPRESS")
    except ClientError as error:
        if error.response["Error"]["Code"] != _EXISTS:
            raise
    client.admin_set_user_password(**person, Password=password, Permanent=True)
    client.admin_add_user_to_group(**person, GroupName=role.value)
