"""MLflow's backend store in AWS: Aurora PostgreSQL, which pauses when idle."""

import re
import ssl

from aws_cdk import Duration, Stack, Token, aws_ec2, aws_iam, aws_rds
from constructs import Construct

from cdk.settings.stage import Stage, StageError
from cdk.shared.function_code import ROOT
from cdk.shared.isolated_network import IsolatedNetwork
from cdk.shared.retention import removal_policy, retain
from cdk.storage.registry_users import RegistryUsers
from modelfleet.registry.database_users import OWNER, USER
from modelfleet.resource_names import StackPart

_DATABASE = "mlflow"
_PORT = 5432
_PAUSE_AFTER_MINUTES = 5
# The image of the train function has the certificate authorities of RDS. `verify-full` also checks
# the host; `require` would accept any certificate.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html
_AUTHORITIES = "functions/train/rds-ca.pem"
_TLS = f"sslmode=verify-full&sslrootcert=/code/{_AUTHORITIES}"
_ENGINE = aws_rds.DatabaseClusterEngine.aurora_postgres(
    version=aws_rds.AuroraPostgresEngineVersion.VER_17_7
)


class RegistryDatabase(Construct):
    """One serverless writer that scales to zero; it accepts only TLS and IAM tokens."""

    def __init__(
        self, scope: Construct, id_: str, *, stage: Stage, network: IsolatedNetwork
    ) -> None:
        super().__init__(scope, id_)
        require_authority(Stack.of(self).region)
        self.network: IsolatedNetwork | None = network
        parameters = aws_rds.ParameterGroup(
            self, "Parameters", engine=_ENGINE, parameters={"rds.force_ssl": "1"}
        )
        self.cluster = self._build_cluster(stage, network, parameters)
        if stage.retain_data:
            # With its instance, subnets and parameters; its users can be created again.
            retain(self.cluster, parameters)
        self.cluster.connections.allow_default_port_from(
            network.database_clients, "The train function"
        )
        RegistryUsers(self, "Users", stage=stage, cluster=self.cluster, database=_DATABASE)

    @property
    def tracking_uri(self) -> str:
        """URI for MLflow; the password is an IAM token generated for each connection."""
        return self._address(USER)

    @property
    def owner_uri(self) -> str | None:
        """URI for the owner of the tables."""
        return self._address(OWNER)

    def grant_connect(self, grantee: aws_iam.IGrantable) -> None:
        """Allow a function to generate tokens for MLflow's user."""
        self.cluster.grant_connect(grantee, USER)

    def grant_own(self, grantee: aws_iam.IGrantable) -> None:
        """Allow a function to generate tokens for the owner of the tables."""
        self.cluster.grant_connect(grantee, OWNER)

    def _address(self, user: str) -> str:
        host = self.cluster.cluster_endpoint.hostname
        return f"postgresql+psycopg://{user}@{host}:{_PORT}/{_DATABASE}?{_TLS}"

    def _build_cluster(
        self, stage: Stage, network: IsolatedNetwork, parameters: aws_rds.IParameterGroup
    ) -> aws_rds.DatabaseCluster:
        return aws_rds.DatabaseCluster(
            self,
            "Cluster",
            engine=_ENGINE,
            parameter_group=parameters,
            writer=aws_rds.ClusterInstance.serverless_v2("Writer"),
            serverless_v2_min_capacity=0,
            serverless_v2_max_capacity=stage.database_capacity_maximum,
            serverless_v2_auto_pause_duration=Duration.minutes(_PAUSE_AFTER_MINUTES),
            vpc=network.vpc,
            security_groups=[network.database],
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED),
            default_database_name=_DATABASE,
            credentials=aws_rds.Credentials.from_username("postgres"),
            # RDS generates the master secret, and rotates it every seven days.
            manage_master_user_password=True,
            iam_authentication=True,
            enable_data_api=True,
            storage_encrypted=True,
            copy_tags_to_snapshot=True,
            backup=aws_rds.BackupProps(retention=Duration.days(stage.database_backup_days)),
            deletion_protection=stage.is_protected(StackPart.STORAGE),
            removal_policy=removal_policy(stage),
        )


def require_authority(region: str) -> None:
    """Refuse a Region whose certificates could not be verified; without an account, it is unknown.

    Raises
    ------
    StageError
        If the image has no authority of the Region; the message says where to get it.
    """
    if Token.is_unresolved(region) or region in _regions_with_authority():
        return
    raise StageError(
        f"{_AUTHORITIES}: no certificate authority of {region}; append "
        f"https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
    )


def _regions_with_authority() -> set[str]:
    """Return the Regions in `CN=Amazon RDS REGION Root CA …` of the authorities."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ROOT / _AUTHORITIES)
    return set(re.findall(r"Amazon RDS ([\w-]+) Root CA", str(context.get_ca_certs())))
