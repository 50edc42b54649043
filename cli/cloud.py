"""The connection to one stage: its AWS clients and its stacks' outputs."""

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.auth.boto3 import Boto3CredentialProvider

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.engine_client import root_session
from cli.local_cloud.processes.liveness import require_answering
from cli.output.errors import FleetError
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import s3_store
from modelfleet.resource_names import Output, StackPart, stack_name
from modelfleet.storage.object_store import ObjectStore

# Stage dev serves 50 requests a second, after a burst of 100.
_THROTTLED_ATTEMPTS = 4
_THROTTLED_SECONDS = 1.0


class Stage(StrEnum):
    """The stages that a command can connect to."""

    LOCAL = "local"
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@dataclass(frozen=True)
class Cloud:
    """One stage's API, buckets, and functions. `endpoint` is the local engine's address."""

    stage: Stage
    session: boto3.session.Session
    endpoint: str | None = None

    @classmethod
    def connect(cls, stage: Stage, layout: Layout | None = None) -> "Cloud":
        """Connect to a stage.

        Raises
        ------
        FleetError
            If the local cloud is not running or not responding, or no region or credentials are
            configured for a stage in AWS.
        """
        if stage is not Stage.LOCAL:
            return cls(stage, _account_session(stage))
        record = require_answering(layout or Layout())
        return cls(stage, root_session(), record.endpoint)

    def client(self, service: str) -> Any:
        """A client of one AWS service."""
        config = Config(retries={"mode": "standard", "max_attempts": 4}, read_timeout=900)
        return self.session.client(
            service,
            endpoint_url=self.endpoint,
            config=config,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which a function of this stage would call AWS.

        Raises
        ------
        FleetError
            If there are no credentials.
        """
        known = self.session.get_credentials()
        if known is None:
            raise FleetError(f"no credentials for stage {self.stage}; run `aws configure`")
        credentials = known.get_frozen_credentials()
        found = {
            "AWS_REGION": self.session.region_name,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token,
            "AWS_ENDPOINT_URL": self.endpoint,
        }
        return {name: value for name, value in found.items() if value}

    def store(self, bucket: Output) -> ObjectStore:
        """One of the stage's buckets."""
        return s3_store(
            self.output(bucket),
            endpoint=self.endpoint,
            region=self.session.region_name,
            credential_provider=Boto3CredentialProvider(self.session),
        )

    def output(self, name: Output) -> str:
        """An output of the stage's stacks.

        Raises
        ------
        FleetError
            If the stage has no such output.
        """
        try:
            return self.outputs[name]
        except KeyError:
            deploy = "fleet up" if self.stage is Stage.LOCAL else f"make deploy STAGE={self.stage}"
            raise FleetError(
                f"stage {self.stage} is not deployed completely: it has no output {name}; "
                f"run `{deploy}`"
            ) from None

    def group_key(self) -> bytes:
        """The secret that groups of rows are hashed with: the stage's signing key.

        Raises
        ------
        FleetError
            If the user may not read it.
        """
        arn = self.output(Output.SIGNING_KEY)
        try:
            answer = self.client("secretsmanager").get_secret_value(SecretId=arn)
        except (BotoCoreError, ClientError) as error:
            raise FleetError(
                f"cannot read the key that groups and entities are hashed with; storing them "
                f"requires secretsmanager:GetSecretValue on {arn}: {error}"
            ) from error
        return str(answer["SecretString"]).encode()

    def signing_keys(self) -> FixedKeys:
        """The current and the previous secret that entities are hashed with.

        Raises
        ------
        FleetError
            If the user may not read them.
        """
        current = self.group_key()
        try:
            answer = self.client("secretsmanager").get_secret_value(
                SecretId=self.output(Output.SIGNING_KEY), VersionStage="AWSPREVIOUS"
            )
        except ClientError as error:
            # A secret that was never rotated has no previous value.
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return FixedKeys(current)
            raise
        return FixedKeys(*dict.fromkeys((current, str(answer["SecretString"]).encode())))

    @cached_property
    def outputs(self) -> dict[str, str]:
        """All outputs of the stage's stacks, by name."""
        client = self.client("cloudformation")
        found: dict[str, str] = {}
        for part in StackPart:
            found |= _stack_outputs(client, stack_name(self.stage, part))
        return found

    @cached_property
    def api_url(self) -> str:
        """The API's base URL, without a trailing slash."""
        if self.endpoint is None:
            return self.output(Output.API_URL).rstrip("/")
        # Only browsers and curl resolve names below *.localhost; this path works everywhere.
        api, stage = self.output(Output.API_ID), self.output(Output.API_STAGE)
        return f"{self.endpoint}/_aws/execute-api/{api}/{stage}"

    @cached_property
    def api_key(self) -> str:
        """The value of the stage's shared API key."""
        client = self.client("apigateway")
        answer = client.get_api_key(apiKey=self.output(Output.API_KEY_ID), includeValue=True)
        return str(answer["value"])

    def http(self, timeout_seconds: float = 60.0) -> httpx.Client:
        """A client of the API that sends the API key."""
        return httpx.Client(
            base_url=self.api_url, headers={"x-api-key": self.api_key}, timeout=timeout_seconds
        )


def _account_session(stage: Stage) -> boto3.session.Session:
    """A session of the account that the environment or the AWS configuration names."""
    # boto3 ignores AWS_REGION, which the AWS CLI and Lambda use.
    session = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))
    if session.region_name is None:
        raise FleetError(f"no region configured for stage {stage}; set AWS_REGION")
    if session.get_credentials() is None:
        raise FleetError(f"no credentials for stage {stage}; run `aws configure`")
    return session


def _stack_outputs(client: Any, name: str) -> dict[str, str]:
    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise
    except BotoCoreError as error:
        raise FleetError(f"request to AWS failed: {error}") from error
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def is_ready(http: httpx.Client, model: str) -> bool:
    """Whether a model's `/ready` returns 200; a throttled request says nothing, and is repeated."""
    try:
        for _ in range(_THROTTLED_ATTEMPTS):
            status = http.get(f"/{model}/ready").status_code
            if status != httpx.codes.TOO_MANY_REQUESTS:
                return status == httpx.codes.OK
            time.sleep(_THROTTLED_SECONDS)
    except httpx.HTTPError:
        return False
    return False
