"""Deploys the CDK app to the local engine with the CDK CLI, as to AWS."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.local_cloud.layout import REPOSITORY, Layout
from cli.local_cloud.processes.engine_client import (
    ACCOUNT,
    REGION,
    client_environment,
    root_session,
)
from cli.local_cloud.processes.record import CloudRecord
from cli.output.errors import FleetError

_CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
# The CDK's name for its bucket, with its default qualifier.
_ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
_LOG_LINES = 25


def bootstrap(layout: Layout, record: CloudRecord) -> None:
    """Create the CDK's bucket and roles in the engine, if they do not exist.

    The bucket's policy denies plain HTTP, the only protocol of the engine, so it is deleted.

    Raises
    ------
    FleetError
        If the CDK fails; the text contains the end of its log.
    """
    # Without an app, the CDK does not waste time on synthesizing one to find the environment.
    _cdk(layout, record, "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", "")
    client = root_session().client("s3", endpoint_url=record.endpoint)
    client.delete_bucket_policy(Bucket=_ASSETS_BUCKET)


def deploy(
    layout: Layout, record: CloudRecord, *, settings: Mapping[str, str] | None = None
) -> None:
    """Deploy every stack of stage `local`.

    Parameters
    ----------
    layout, record
        The local cloud.
    settings
        Further context values for `cdk deploy --context`.

    Raises
    ------
    FleetError
        If the CDK fails; the text contains the end of its log.
    """
    context = {
        "stage": "local",
        "tracking_uri": record.tracking_uri,
        "engine": record.endpoint,
        **(settings or {}),
    }
    _cdk(
        layout,
        record,
        "deploy",
        *("--all", "--require-approval", "never", "--concurrency", "4", "--progress", "events"),
        *(part for name, value in context.items() for part in ("--context", f"{name}={value}")),
        *("--output", str(layout.root / "cdk.out")),
    )


def _cdk(layout: Layout, record: CloudRecord, action: str, *arguments: str) -> None:
    if not _CDK.exists():
        raise FleetError("the CDK CLI is not installed; run `make setup`")
    log = layout.logs / f"{action}.log"
    command = [str(_CDK), action, *arguments, "--no-notices", "--ci"]
    with log.open("w") as output:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=_environment(record),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise FleetError(
            f"cdk {action} failed; the end of {log}:\n{_tail(log)}\nfix it, then run `fleet up`"
        )


def _environment(record: CloudRecord) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_PROFILE")}
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    return kept | client_environment(record.endpoint) | own


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
