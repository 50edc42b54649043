"""The secret that signs prediction IDs."""

from aws_cdk import aws_iam, aws_secretsmanager
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import removal_policy

# Letters and digits: some 380 bits, more than the keyed hash has.
_LENGTH = 64


class SigningKey(Construct):
    """A value that Secrets Manager generates and nobody sees; setting a new one rotates the key.

    IDs signed with the previous value stay valid until the next rotation.
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
        # In AWS this equals `Ref`; the local engine's `Ref` is the secret's name.
        self.arn = secret.attr_id

    def allow_signing(self, grantee: aws_iam.IGrantable) -> None:
        """Allow a function to read the key and nothing else about it."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.arn],
        )
