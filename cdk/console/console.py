"""The console's function, and its client of the user pool."""

from collections.abc import Iterable

from aws_cdk import (
    Aws,
    Duration,
    aws_apigateway,
    aws_cognito,
    aws_iam,
    aws_lambda,
    aws_s3,
)
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.permissions import allow_create, allow_get, allow_read, allow_write, arn_of
from cdk.shared.signing_key import SigningKey
from modelfleet.registry.manifest import CARD_FILE, MANIFEST_FILE, PROFILE_FILE
from modelfleet.resource_names import (
    CONSOLE_PATH,
    LIVE,
    Resource,
    console_function,
    predict_function,
)
from modelfleet.settings import ConsoleSettings
from modelfleet.storage import keys

_SIZE = Size(memory_mb=1024, timeout_seconds=29)
_TOKENS_LAST = Duration.hours(1)
# What the pages read of the artifacts bucket.
_READ = (
    *(
        f"{folder}/*"
        for folder in (keys.RELEASES, keys.SUMMARIES, keys.DRIFT, keys.REPORTS, keys.HISTORY)
    ),
    f"{keys.APPROVALS}/*",
    f"{keys.LOCKS}/*",
    f"{keys.MODELS}/*/{MANIFEST_FILE}",
    f"{keys.MODELS}/*/{CARD_FILE}",
    f"{keys.MODELS}/*/{PROFILE_FILE}",
)


class Console(Construct):
    """Part of the stack of the API that it is behind, because it must know the API's address.

    `engine` is the local engine's address, and `pool_url` and `sign_in_url` are the user pool's.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        models: Iterable[str],
        api: aws_apigateway.IRestApi,
        engine: str | None,
        artifacts: aws_s3.IBucket,
        lake: aws_s3.IBucket,
        pool: aws_cognito.IUserPool,
        pool_url: str,
        sign_in_url: str,
        session_key: SigningKey,
    ) -> None:
        super().__init__(scope, id_)
        self.url = f"{_api_url(stage, api, engine)}/{CONSOLE_PATH}"
        client = self._build_client(stage, pool)
        self.function: aws_lambda.Function = FleetFunction(
            self,
            "Console",
            stage=stage,
            unit="console",
            name=console_function(stage.name),
            packaging=stage.packaging,
            settings=ConsoleSettings(
                stage=stage.name,
                artifacts_bucket=artifacts.bucket_name,
                lake_bucket=lake.bucket_name,
                signing_keys=session_key.arn,
                console_url=self.url,
                pool_url=pool_url,
                sign_in_url=sign_in_url,
                client_id=client.user_pool_client_id,
                # Whoever reaches the local engine may read the key anyway.
                sign_in_links=engine is not None,
                release_function=stage.resource(Resource.RELEASE),
                retraining_machine=self._machine(stage),
            ),
            size=_SIZE,
        ).function
        session_key.allow_signing(self.function)
        for pattern in _READ:
            allow_read(artifacts, self.function, pattern)
        allow_get(lake, self.function, f"{keys.DATASETS}/*/{keys.DATA_REPORT_FILE}")
        allow_create(artifacts, self.function, keys.ended_sessions())
        allow_read(artifacts, self.function, f"{keys.AUDIT}/*")
        allow_write(artifacts, self.function, f"{keys.AUDIT}/*")
        # Alerts are acknowledged, and models silenced, in the drift state.
        allow_write(artifacts, self.function, f"{keys.DRIFT}/*")
        self._grant_actions(stage)
        self._allow_trying(stage, models)

    def _grant_actions(self, stage: Stage) -> None:
        """Allow the same requests as the command line sends."""
        release = arn_of(self, "lambda", "function", stage.resource(Resource.RELEASE))
        for action, resource in (
            ("lambda:InvokeFunction", release),
            ("states:StartExecution", self._machine(stage)),
        ):
            self.function.add_to_role_policy(
                aws_iam.PolicyStatement(actions=[action], resources=[resource])
            )

    def _machine(self, stage: Stage) -> str:
        return arn_of(self, "states", "stateMachine", stage.resource(Resource.RETRAINING))

    def _allow_trying(self, stage: Stage, models: Iterable[str]) -> None:
        """Allow calling the predict functions, by the alias that also serves callers."""
        aliases = [
            arn_of(self, "lambda", "function", f"{predict_function(stage.name, model)}:{LIVE}")
            for model in models
        ]
        if aliases:
            self.function.add_to_role_policy(
                aws_iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=aliases)
            )

    def _build_client(
        self, stage: Stage, pool: aws_cognito.IUserPool
    ) -> aws_cognito.UserPoolClient:
        return aws_cognito.UserPoolClient(
            self,
            "Client",
            user_pool=pool,
            user_pool_client_name=console_function(stage.name),
            generate_secret=False,
            prevent_user_existence_errors=True,
            # For programs: their tokens are obtained with permissions in AWS.
            auth_flows=aws_cognito.AuthFlow(admin_user_password=True),
            o_auth=aws_cognito.OAuthSettings(
                flows=aws_cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[aws_cognito.OAuthScope.OPENID],
                callback_urls=[f"{self.url}/signed-in"],
                logout_urls=[f"{self.url}/signed-out"],
            ),
            access_token_validity=_TOKENS_LAST,
            id_token_validity=_TOKENS_LAST,
            refresh_token_validity=_TOKENS_LAST,
        )


def _api_url(stage: Stage, api: aws_apigateway.IRestApi, engine: str | None) -> str:
    """Return the API's address, without its resources, which depend on the function."""
    if stage.custom_domain is not None:
        return f"https://{stage.custom_domain.name}"
    if engine is not None:
        return f"{engine}/_aws/execute-api/{api.rest_api_id}/{stage.name}"
    host = f"{api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
    return f"https://{host}/{stage.name}"
