"""The people who may sign in to the console."""

from aws_cdk import Aws, aws_cognito
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy
from cdk.shared.signing_key import SigningKey
from modelfleet.console.access.role import Role
from modelfleet.resource_names import Resource

_PASSWORD_LENGTH = 12


class People(Construct):
    """A user pool with a group per role, its sign-in pages, and the key that signs sessions.

    An administrator adds people; nobody can sign up. In AWS, everyone needs a second factor from an
    authenticator app. `engine` is the local engine's address, whose sign-in pages ask for none.
    """

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, engine: str | None = None
    ) -> None:
        super().__init__(scope, id_)
        self.session_key = SigningKey(
            self, "SessionKey", stage=stage, purpose="the console's sessions"
        )
        self.pool = self._build_pool(stage, second_factor=engine is None)
        for role in Role:
            aws_cognito.CfnUserPoolGroup(
                self, role.title(), user_pool_id=self.pool.user_pool_id, group_name=role.value
            )
        # Unique in a region.
        prefix = stage.resource(Aws.ACCOUNT_ID)
        self.pool.add_domain(
            "Domain",
            cognito_domain=aws_cognito.CognitoDomainOptions(domain_prefix=prefix),
        )
        # Where the pool publishes its metadata, and its sign-in pages.
        self.url = f"{engine or self._issuer()}/{self.pool.user_pool_id}"
        self.sign_in_url = engine or f"https://{prefix}.auth.{Aws.REGION}.amazoncognito.com"

    def _build_pool(self, stage: Stage, *, second_factor: bool) -> aws_cognito.UserPool:
        mfa = aws_cognito.Mfa
        return aws_cognito.UserPool(
            self,
            "Pool",
            user_pool_name=stage.resource(Resource.PEOPLE),
            feature_plan=aws_cognito.FeaturePlan.LITE,
            self_sign_up_enabled=False,
            sign_in_aliases=aws_cognito.SignInAliases(username=True, email=True),
            sign_in_case_sensitive=False,
            account_recovery=aws_cognito.AccountRecovery.EMAIL_ONLY,
            mfa=mfa.REQUIRED if second_factor else mfa.OFF,
            mfa_second_factor=aws_cognito.MfaSecondFactor(otp=True, sms=False)
            if second_factor
            else None,
            password_policy=aws_cognito.PasswordPolicy(
                min_length=_PASSWORD_LENGTH,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            removal_policy=removal_policy(stage),
        )

    @staticmethod
    def _issuer() -> str:
        return f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}"
