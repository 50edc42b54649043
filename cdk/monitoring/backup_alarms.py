"""Alarms on the daily copies in the backup vault."""

from cdk.shared.alarm_rule import (
    DAY,
    HOUR,
    AlarmRule,
    BackedUp,
    Comparison,
    Measured,
    MissingData,
    Severity,
)


def backup_alarms(backed_up: BackedUp | None) -> list[AlarmRule]:
    """Return the alarms on failed and missing copies, if the stage has a vault.

    AWS Backup reports no metric whose value is 0, and starts no job for a kind of resource that the
    account has not opted into. Jobs that expired or were aborted count as missing.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html
    https://docs.aws.amazon.com/aws-backup/latest/devguide/working-with-supported-services.html
    """
    if backed_up is None:
        return []
    return [
        AlarmRule(
            kind="backup-failed",
            severity=Severity.WARNING,
            summary="a backup job failed",
            metrics={"failed": _jobs(backed_up, "Failed")},
            limit=1,
            period_seconds=HOUR,
        ),
        AlarmRule(
            kind="backup-missing",
            severity=Severity.WARNING,
            summary=f"fewer than {backed_up.resources} backups completed a day, two days in a row",
            metrics={"completed": _jobs(backed_up, "Completed")},
            limit=backed_up.resources,
            comparison=Comparison.BELOW,
            period_seconds=DAY,
            # A job that takes longer than the day before may end in the next period.
            periods=2,
            missing=MissingData.BREACHING,
        ),
    ]


def _jobs(backed_up: BackedUp, state: str) -> Measured:
    """Return the number of backup jobs in a state."""
    return Measured(
        namespace="AWS/Backup",
        name=f"NumberOfBackupJobs{state}",
        dimensions={"BackupVaultName": backed_up.vault},
    )
