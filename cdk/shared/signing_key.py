"""The secret that prediction ids are signed with."""

from aws_cdk import aws_iam, aws_secretsmanager
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy

# Letters and digits: some 380 bits, more than the hash that it keys has.
_LENGTH = 64


class SigningKey(Construct):
    """Made by Secrets Manager and known to nobody; another value for it is a rotation.

    Ids that were signed with the value before stay valid until the next one.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        secret = aws_secretsmanager.CfnSecret(
            self,
            "Secret",
            description=f"Signs the prediction ids of stage {stage.name}",
            generate_secret_string=aws_secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=_LENGTH, exclude_punctuation=True
            ),
        )
        secret.apply_removal_policy(removal_policy(stage))
        # What `Ref` gives too, in AWS; the local engine's `Ref` is the secret's name.
        self.arn = secret.attr_id

    def allow_signing(self, grantee: aws_iam.IGrantable) -> None:
        """Let a function read the key, and nothing else of it."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.arn],
        )
