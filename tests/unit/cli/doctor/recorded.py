"""Clients of AWS that answer with recorded responses, validated against each service's model."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from botocore.validate import ParamValidator

FRESH_ACCOUNT = Path(__file__).with_name("fresh_account.json")
# What a service answers if the caller may not call it.
DENIED = {"error": "AccessDeniedException", "message": "User is not authorized"}


def fresh_account(**changes: Any) -> dict[str, Any]:
    """The responses of a fresh account, with changes by `service.Operation`."""
    recorded: dict[str, Any] = json.loads(FRESH_ACCOUNT.read_text())
    del recorded["about"]
    return recorded | changes


def answered(**response: Any) -> dict[str, Any]:
    """A recorded response."""
    return {"response": response}


@dataclass
class RecordedSession:
    """A session whose clients send nothing."""

    recorded: dict[str, Any] = field(default_factory=fresh_account)
    region_name: str | None = "eu-central-1"
    has_credentials: bool = True

    def get_credentials(self) -> Credentials | None:
        """Credentials that nothing accepts."""
        return Credentials("id", "secret") if self.has_credentials else None

    def get_partition_for_region(self, region: str) -> str:
        """The partition of a Region, as botocore knows it."""
        return str(boto3.session.Session().get_partition_for_region(region))

    def client(self, service: str, **_: Any) -> Any:
        """A client of a service."""
        client = boto3.client(
            service,
            region_name=self.region_name,
            aws_access_key_id="id",
            aws_secret_access_key="secret",  # pragma: allowlist secret
        )
        client.meta.events.register_first(
            "before-parameter-build.*.*", lambda params, context, **_: context.update(asked=params)
        )
        client.meta.events.register_first(
            "before-call.*.*",
            lambda model, context, **_: self._answer(service, model, context["asked"]),
        )
        return client

    def _answer(self, service: str, model: Any, asked: dict[str, Any]) -> tuple[Any, Any]:
        found = deepcopy(self.recorded[f"{service}.{model.name}"])
        if "error" in found:
            error = {"Code": found["error"], "Message": found.get("message", "")}
            return _http(400), {"Error": error, "ResponseMetadata": {}}
        response = found.get("response") or found["responses"][asked["QuotaCode"]]
        report = ParamValidator().validate(response, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        return _http(200), response


def _http(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)
