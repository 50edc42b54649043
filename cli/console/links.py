"""Links that sign in to the local console."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from cli.cloud import Cloud
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.console.access.role import Person, Role
from modelfleet.console.access.seal import Seals
from modelfleet.console.access.session import Sessions
from modelfleet.resource_names import Output


def sign_in_link(cloud: Cloud, role: Role) -> str:
    """Return an address that signs in as the local person of a role, once, within a minute."""
    arn = cloud.output(Output.SESSION_KEY)
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    sessions = Sessions(Seals(FixedKeys(str(secret).encode()), lambda: datetime.now(UTC)))
    query = urlencode({"value": sessions.link(Person(role.value, role))})
    return f"{cloud.output(Output.CONSOLE_URL)}/sign-in/link?{query}"
