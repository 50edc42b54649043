"""Copies of what cannot be made again, in a vault of their own."""

from collections.abc import Sequence

from aws_cdk import Duration, aws_backup, aws_events, aws_iam
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.retention import KEPT, lasting_name

_HOUR_UTC = "3"
_START_HOURS = 1
_COMPLETION_HOURS = 6
_S3_POLICIES = (
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
)


class Backup(Construct):
    """A daily copy, kept as long as the stage says, that nobody can delete earlier by mistake."""

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
        kept = Duration.days(days)
        vault = aws_backup.BackupVault(
            self,
            "Vault",
            # A vault with copies cannot be deleted, so that its name must not be needed again.
            backup_vault_name=lasting_name(self, stage.resource("vault")),
            block_recovery_point_deletion=True,
            removal_policy=KEPT,
        )
        plan = aws_backup.BackupPlan(
            self, "Plan", backup_plan_name=stage.resource("daily"), backup_vault=vault
        )
        plan.add_rule(
            aws_backup.BackupPlanRule(
                rule_name="daily",
                schedule_expression=aws_events.Schedule.cron(hour=_HOUR_UTC, minute="0"),
                start_window=Duration.hours(_START_HOURS),
                completion_window=Duration.hours(_COMPLETION_HOURS),
                delete_after=kept,
            )
        )
        plan.add_selection(
            "Kept", resources=list(resources), role=self._build_role(), allow_restores=True
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
