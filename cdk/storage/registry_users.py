"""Users of the registry's database, created with its master secret from outside the VPC."""

import hashlib

from aws_cdk import CustomResource, aws_iam, aws_lambda, aws_rds, aws_secretsmanager
from aws_cdk.custom_resources import Provider
from constructs import Construct

from cdk.settings.stage import Packaging, Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.layers import build_layers
from cdk.shared.logs import function_logs
from modelfleet.registry.database_users import OWNER, USER, create_users
from modelfleet.resource_names import Resource
from modelfleet.settings import Settings

# A paused database takes half a minute to resume; new permissions take seconds to propagate.
_SIZE = Size(memory_mb=256, timeout_seconds=300)


class RegistryUsers(Construct):
    """The owner of the tables and MLflow's user; both sign in with IAM tokens only.

    Only the custom resource waits for the cluster's writer, which the Data API needs. The function
    and its permissions are created minutes earlier: a policy created just before its first use
    would not have propagated yet. See https://github.com/aws/aws-cdk/issues/37675 and
    https://github.com/aws/aws-cdk/issues/23340. The provider framework responds to CloudFormation
    exactly once, even if the function fails or times out.
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
        function = self._build_function(stage)
        for statement in _permissions(cluster, secret):
            function.add_to_role_policy(statement)
        users = CustomResource(
            self,
            "Users",
            resource_type="Custom::RegistryUsers",
            service_token=self._build_provider(stage, function).service_token,
            properties={
                "ClusterArn": cluster.cluster_arn,
                "SecretArn": secret.secret_arn,
                "Database": database,
                "Owner": OWNER,
                "User": USER,
                # A deployment that changes the statement runs it again.
                "Statement": hashlib.sha256(create_users().encode()).hexdigest(),
            },
        )
        users.node.add_dependency(cluster, function.grant_principal, function)

    def _build_function(self, stage: Stage) -> aws_lambda.Function:
        return FleetFunction(
            self,
            "Function",
            stage=stage,
            unit="registry_users",
            name=stage.resource(Resource.REGISTRY_USERS),
            packaging=Packaging.ZIP,
            settings=Settings(stage=stage.name),
            size=_SIZE,
            layers=build_layers(self, stage=stage),
        ).function

    def _build_provider(self, stage: Stage, function: aws_lambda.IFunction) -> Provider:
        name = stage.resource(Resource.REGISTRY_USERS_PROVIDER)
        logs = function_logs(self, "Logs", stage=stage, name=name)
        return Provider(self, "Provider", on_event_handler=function, log_group=logs)


def _master_secret(cluster: aws_rds.DatabaseCluster) -> aws_secretsmanager.ISecret:
    if cluster.secret is None:
        raise ValueError("the cluster has no master secret")
    return cluster.secret


def _permissions(
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
