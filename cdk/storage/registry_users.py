"""Who may sign in to the registry's database, made with its master secret from outside the VPC."""

import hashlib

from aws_cdk import CustomResource, aws_iam, aws_rds, aws_secretsmanager, custom_resources
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.logs import function_logs
from modelfleet.domain.database_users import OWNER, USER, create_users
from modelfleet.settings import Settings

# A paused database takes half a minute to resume, new rights to be known some seconds.
_SIZE = Size(memory_mb=256, timeout_seconds=300)


class RegistryUsers(Construct):
    """The owner of the tables and their user, both of whom sign in with IAM tokens alone.

    Only the resource waits for the cluster's writer, without which the Data API does not answer.
    Function and rights are there minutes before: a policy that waits too is made a moment before
    its first use, and is not known yet. See https://github.com/aws/aws-cdk/issues/37675 and
    https://github.com/aws/aws-cdk/issues/23340. The provider framework answers CloudFormation, and
    does so once, also where the function fails or runs out of time.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        cluster: aws_rds.DatabaseCluster,
        database: str,
    ) -> None:
        super().__init__(scope, id_)
        secret = _master_secret(cluster)
        function = FleetFunction(
            self,
            "Function",
            stage=stage,
            unit="registry_users",
            name=stage.resource("registry-users"),
            packaging=Packaging.ZIP,
            settings=Settings(stage=stage.name),
            size=_SIZE,
        ).function
        for statement in _grants(cluster, secret):
            function.add_to_role_policy(statement)
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=function,
            log_group=function_logs(
                self, "Logs", stage=stage, name=stage.resource("registry-users-provider")
            ),
        )
        users = CustomResource(
            self,
            "Users",
            resource_type="Custom::RegistryUsers",
            service_token=provider.service_token,
            properties={
                "ClusterArn": cluster.cluster_arn,
                "SecretArn": secret.secret_arn,
                "Database": database,
                "Owner": OWNER,
                "User": USER,
                # Another statement is run by the deployment that brings it.
                "Statement": hashlib.sha256(create_users().encode()).hexdigest(),
            },
        )
        users.node.add_dependency(cluster, function.grant_principal, function)


def _master_secret(cluster: aws_rds.DatabaseCluster) -> aws_secretsmanager.ISecret:
    if cluster.secret is None:
        raise ValueError("the cluster has no master secret")
    return cluster.secret


def _grants(
    cluster: aws_rds.DatabaseCluster, secret: aws_secretsmanager.ISecret
) -> list[aws_iam.PolicyStatement]:
    return [
        aws_iam.PolicyStatement(
            actions=["rds-data:ExecuteStatement"], resources=[cluster.cluster_arn]
        ),
        aws_iam.PolicyStatement(
            actions=["secretsmanager:GetSecretValue"], resources=[secret.secret_arn]
        ),
    ]
