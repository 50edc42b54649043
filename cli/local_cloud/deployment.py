"""Deploys the CDK app to the local engine with the CDK CLI, as to AWS."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
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
from modelfleet.pages.numbers import counted
from modelfleet.resource_names import StackPart

_CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
# The CDK's name for its bucket, with its default qualifier.
_ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
_LOG_LINES = 25
_SYNTHESIZED = "✨  Synthesis time"
_EVENT = re.compile(r"(?P<stack>\S+) \| +(?P<done>\d+)/(?P<all>\d+) \| ")
_STACK_DONE = re.compile(r"✅  (?P<stack>\S+)")
_TEMPLATE = ".template.json"


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
    layout: Layout,
    record: CloudRecord,
    *,
    settings: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Deploy every stack of stage `local`.

    Parameters
    ----------
    layout, record
        The local cloud.
    settings
        Further context values for `cdk deploy --context`.
    on_progress
        Called with the number of resources and stacks so far and in all, in words.

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
    templates = layout.root / "cdk.out"
    on_progress("synthesizing templates")
    _cdk(
        layout,
        record,
        "deploy",
        *("--all", "--require-approval", "never", "--concurrency", "4", "--progress", "events"),
        *(part for name, value in context.items() for part in ("--context", f"{name}={value}")),
        *("--output", str(templates)),
        on_line=Progress(on_progress, templates).read,
    )


class Progress:
    """Counts what `cdk deploy --progress events` reports; stacks are deployed at the same time.

    A stack that has not started counts with the resources of its template, and then with those that
    change.
    """

    def __init__(self, on_progress: Callable[[str], None], templates: Path) -> None:
        self._on_progress, self._templates = on_progress, templates
        self._done: dict[str, int] = {}
        self._all: dict[str, int] = {}
        self._stacks = 0

    def read(self, line: str) -> None:
        """Read a line of the CDK's output."""
        if line.startswith(_SYNTHESIZED):
            self._all = _resources(self._templates)
        elif event := _EVENT.match(line):
            self._done[event["stack"]] = int(event["done"])
            self._all[event["stack"]] = int(event["all"])
        elif ended := _STACK_DONE.match(line):
            self._stacks += 1
            # Nothing has changed in a stack without events.
            self._all[ended["stack"]] = self._done.get(ended["stack"], 0)
        else:
            return
        done, expected = sum(self._done.values()), counted(sum(self._all.values()), "resource")
        self._on_progress(f"{done} of {expected}, {self._stacks} of {len(StackPart)} stacks")


def _resources(templates: Path) -> dict[str, int]:
    """Return the number of resources by stack, as the CDK counts them: with the stack itself."""
    return {
        file.name.removesuffix(_TEMPLATE): 1 + len(json.loads(file.read_text())["Resources"])
        for file in templates.glob(f"*{_TEMPLATE}")
    }


def _cdk(
    layout: Layout,
    record: CloudRecord,
    action: str,
    *arguments: str,
    on_line: Callable[[str], None] = lambda _: None,
) -> None:
    if not _CDK.exists():
        raise FleetError("the CDK CLI is not installed; run `make setup`")
    log = layout.logs / f"{action}.log"
    command = [str(_CDK), action, *arguments, "--no-notices", "--ci"]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=_environment(record),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as cdk,
    ):
        try:
            for line in cdk.stdout or ():
                output.write(line)
                on_line(line)
        except BaseException:
            # Ctrl-C in a terminal reaches the CDK as well; a signal to this process alone does not.
            cdk.kill()
            raise
    if cdk.returncode:
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
