"""Daily copies of everything that cannot be recreated, in a separate vault."""

from collections.abc import Sequence

from aws_cdk import Duration, aws_backup, aws_events, aws_iam
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import BackedUp
from cdk.shared.retention import RETAIN, unique_name
from modelfleet.resource_names import Resource

_HOUR_UTC = "3"
_START_HOURS = 1
_COMPLETION_HOURS = 6
_S3_POLICIES = (
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
)


class Backup(Construct):
    """A daily copy of the resources, protected from deletion for `days`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        days: int,
        resources: Sequence[aws_backup.BackupResource],
    ) -> None:
        super().__init__(scope, id_)
        vault = self._build_vault(stage)
        self.monitored = BackedUp(vault=vault.backup_vault_name, resources=len(resources))
        plan = aws_backup.BackupPlan(
            self,
            "Plan",
            backup_plan_name=stage.resource(Resource.BACKUP_PLAN),
            backup_vault=vault,
        )
        plan.add_rule(_daily(days))
        plan.add_selection(
            "Kept", resources=list(resources), role=self._build_role(), allow_restores=True
        )

    def _build_vault(self, stage: Stage) -> aws_backup.BackupVault:
        return aws_backup.BackupVault(
            self,
            "Vault",
            # A vault with copies cannot be deleted, so a later stack must not need its name.
            backup_vault_name=unique_name(self, stage.resource(Resource.BACKUP_VAULT)),
            block_recovery_point_deletion=True,
            removal_policy=RETAIN,
        )

    def _build_role(self) -> aws_iam.Role:
        return aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("backup.amazonaws.com"),
            managed_policies=[
                aws_iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in _S3_POLICIES
            ],
        )


def _daily(days: int) -> aws_backup.BackupPlanRule:
    return aws_backup.BackupPlanRule(
        rule_name="daily",
        schedule_expression=aws_events.Schedule.cron(hour=_HOUR_UTC, minute="0"),
        start_window=Duration.hours(_START_HOURS),
        completion_window=Duration.hours(_COMPLETION_HOURS),
        delete_after=Duration.days(days),
    )
