"""MLflow's backend store in the cloud: Aurora PostgreSQL that sleeps when nobody trains."""

from aws_cdk import (
    Duration,
    RemovalPolicy,
    aws_ec2,
    aws_iam,
    aws_rds,
    aws_secretsmanager,
    custom_resources,
)
from constructs import Construct

from cdk.constructs.isolated_network import IsolatedNetwork
from cdk.stage import Stage

_DATABASE = "mlflow"
_USER = "mlflow"
_PORT = 5432
_PAUSE_AFTER_MINUTES = 5
# One block, because the Data API takes one statement; a second run of it changes nothing.
_CREATE_USER = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{_USER}') THEN
    CREATE USER {_USER};
  END IF;
  GRANT rds_iam TO {_USER};
  GRANT ALL ON SCHEMA public TO {_USER};
END $$
""".strip()


class RegistryDatabase(Construct):
    """One serverless writer that scales to zero, entered with IAM tokens alone."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, network: IsolatedNetwork
    ) -> None:
        super().__init__(scope, id_)
        self.network: IsolatedNetwork | None = network
        self.cluster = self._build_cluster(stage, network)
        self.cluster.connections.allow_default_port_from(
            network.database_clients, "The train function"
        )
        self._create_user()

    @property
    def tracking_uri(self) -> str:
        """MLflow's address of the database; the password is a token made at each connection."""
        host = self.cluster.cluster_endpoint.hostname
        return f"postgresql+psycopg://{_USER}@{host}:{_PORT}/{_DATABASE}"

    def grant_connect(self, grantee: aws_iam.IGrantable) -> None:
        """Let a function make tokens for MLflow's user."""
        self.cluster.grant_connect(grantee, _USER)

    def _build_cluster(self, stage: Stage, network: IsolatedNetwork) -> aws_rds.DatabaseCluster:
        return aws_rds.DatabaseCluster(
            self,
            "Cluster",
            engine=aws_rds.DatabaseClusterEngine.aurora_postgres(
                version=aws_rds.AuroraPostgresEngineVersion.VER_17_7
            ),
            writer=aws_rds.ClusterInstance.serverless_v2("Writer"),
            serverless_v2_min_capacity=0,
            serverless_v2_max_capacity=stage.database_capacity_maximum,
            serverless_v2_auto_pause_duration=Duration.minutes(_PAUSE_AFTER_MINUTES),
            vpc=network.vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED),
            default_database_name=_DATABASE,
            credentials=aws_rds.Credentials.from_username("postgres"),
            manage_master_user_password=True,
            iam_authentication=True,
            enable_data_api=True,
            storage_encrypted=True,
            backup=aws_rds.BackupProps(retention=Duration.days(stage.database_backup_days)),
            deletion_protection=stage.retain_data,
            removal_policy=RemovalPolicy.SNAPSHOT if stage.retain_data else RemovalPolicy.DESTROY,
        )

    def _create_user(self) -> None:
        call = custom_resources.AwsSdkCall(
            service="RDSData",
            action="executeStatement",
            parameters={
                "resourceArn": self.cluster.cluster_arn,
                "secretArn": self._master_secret.secret_arn,
                "database": _DATABASE,
                "sql": _CREATE_USER,
            },
            physical_resource_id=custom_resources.PhysicalResourceId.of(_USER),
        )
        user = custom_resources.AwsCustomResource(
            self,
            "User",
            on_create=call,
            on_update=call,
            policy=custom_resources.AwsCustomResourcePolicy.from_statements(self._user_grants()),
            install_latest_aws_sdk=False,
        )
        user.node.add_dependency(self.cluster)

    @property
    def _master_secret(self) -> aws_secretsmanager.ISecret:
        if self.cluster.secret is None:
            raise ValueError("the cluster has no master secret")
        return self.cluster.secret

    def _user_grants(self) -> list[aws_iam.PolicyStatement]:
        return [
            aws_iam.PolicyStatement(
                actions=["rds-data:ExecuteStatement"], resources=[self.cluster.cluster_arn]
            ),
            aws_iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=[self._master_secret.secret_arn],
            ),
        ]
