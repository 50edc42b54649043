"""The secret that groups are hashed with."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.cloud import Cloud, Stage
from cli.output.errors import FleetError
from modelfleet.resource_names import Output


class Secrets:
    """Secrets Manager with one secret, rotated or not, or with no right to read it."""

    def __init__(self, *, readable: bool = True, rotated: bool = False) -> None:
        self.readable = readable
        self.rotated = rotated

    def get_secret_value(
        self, *, SecretId: str, VersionStage: str = "AWSCURRENT"
    ) -> dict[str, Any]:
        """The value of the secret."""
        if not self.readable:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
        if VersionStage == "AWSCURRENT":
            return {"SecretString": f"value of {SecretId}"}
        if not self.rotated:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": "an earlier value"}  # pragma: allowlist secret


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A stage with a signing key."""
    monkeypatch.setattr(Cloud, "outputs", {Output.SIGNING_KEY: "arn:key"})
    return Cloud(Stage.DEV, boto3.session.Session(region_name="eu-central-1"))


def test_it_is_the_signing_key_of_the_stage(stage: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read with the user's credentials when it is needed."""
    monkeypatch.setattr(Cloud, "client", lambda *_: Secrets())
    assert stage.group_key() == b"value of arn:key"


def test_a_missing_right_is_named(stage: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which action on which secret the user needs."""
    monkeypatch.setattr(Cloud, "client", lambda *_: Secrets(readable=False))
    with pytest.raises(FleetError, match="requires secretsmanager:GetSecretValue on arn:key"):
        stage.group_key()


@pytest.mark.parametrize(
    ("rotated", "keys"),
    [(False, [b"value of arn:key"]), (True, [b"value of arn:key", b"an earlier value"])],
)
def test_entities_are_known_by_the_previous_key_too(
    stage: Cloud, monkeypatch: pytest.MonkeyPatch, rotated: bool, keys: list[bytes]
) -> None:
    """If there is one: a secret that was never rotated has no previous value."""
    monkeypatch.setattr(Cloud, "client", lambda *_: Secrets(rotated=rotated))
    assert list(stage.signing_keys().known()) == keys
