"""Who may sign in to the registry's database, made with its master secret from outside the VPC."""

from aws_cdk import aws_iam, aws_rds, aws_secretsmanager, custom_resources
from constructs import Construct

from cdk.constructs.stage_logs import function_logs
from cdk.stage import Stage

OWNER = "mlflow_owner"
USER = "mlflow"


class RegistryUsers(Construct):
    """The owner of the tables and their user, both of whom sign in with IAM tokens alone."""

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
        call = custom_resources.AwsSdkCall(
            service="RDSData",
            action="executeStatement",
            parameters={
                "resourceArn": cluster.cluster_arn,
                "secretArn": secret.secret_arn,
                "database": database,
                "sql": create_users(),
            },
            physical_resource_id=custom_resources.PhysicalResourceId.of(USER),
        )
        users = custom_resources.AwsCustomResource(
            self,
            "Users",
            on_create=call,
            on_update=call,
            policy=custom_resources.AwsCustomResourcePolicy.from_statements(
                _grants(cluster, secret)
            ),
            install_latest_aws_sdk=False,
            log_group=function_logs(
                self, "Logs", stage=stage, name=stage.resource("registry-users")
            ),
        )
        # The Data API answers as soon as there is an instance, and no sooner.
        users.node.add_dependency(cluster)


def create_users() -> str:
    """One block, because the Data API takes one statement; a second run of it changes nothing."""
    created = "\n".join(
        f"  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN"
        f" CREATE USER {name}; END IF;"
        for name in (OWNER, USER)
    )
    return f"""
DO $$ BEGIN
{created}
  GRANT rds_iam TO {OWNER}, {USER};
  REVOKE CREATE ON SCHEMA public FROM PUBLIC, {USER};
  GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};
END $$
""".strip()


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
