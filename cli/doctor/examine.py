"""Runs all checks, in parallel and with a time limit."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli.doctor import machine, quotas, services
from cli.doctor.account import Account, CannotCheckError, read
from cli.doctor.finding import Finding, State, Verdict, blocking, ok, unknown
from cli.templates import Deployed

Check = Callable[[], Verdict]

SECONDS = 45.0
_CREDENTIALS = "credentials"
_IN_THE_ACCOUNT: Mapping[str, Callable[[Account], Verdict]] = {
    "bootstrap": services.bootstrap,
    "concurrency": quotas.concurrency,
    "memory": quotas.memory,
    "API resources": quotas.api_resources,
    "alarms": quotas.alarms,
    "VPCs": quotas.networks,
    "SnapStart": services.snapshots,
    "AWS Backup": services.backups,
    "image scans": services.image_scans,
    "domain": services.domain,
}


def examine(
    templates: Deployed,
    session: Any,
    *,
    endpoint: str | None = None,
    seconds: float = SECONDS,
) -> list[Finding]:
    """Return the findings of all checks, in a fixed order.

    Parameters
    ----------
    templates
        What would be deployed.
    session
        A boto3 session.
    endpoint
        The address of all services, if they are not AWS's.
    seconds
        After this time, checks that have not ended are reported as such.
    """
    account, identified = _account(templates, session, endpoint)
    checks: dict[str, Check] = {
        "tools": machine.deployment_tools,
        "Docker": lambda: machine.docker(templates),
    }
    if account is not None:
        checks |= {name: partial(check, account) for name, check in _IN_THE_ACCOUNT.items()}
    findings = [identified.named(_CREDENTIALS), *run(checks, seconds)]
    if account is None:
        skipped = unknown("needs credentials")
        findings += [skipped.named(name) for name in _IN_THE_ACCOUNT]
    return findings


def run(checks: Mapping[str, Check], seconds: float) -> list[Finding]:
    """Run checks in parallel; what keeps one from being made is a finding, too."""
    executor = ThreadPoolExecutor(max_workers=len(checks))
    try:
        futures = {name: executor.submit(_made, check) for name, check in checks.items()}
        wait(futures.values(), timeout=seconds)
        late = unknown(f"no response within {seconds:g} s")
        return [
            (future.result() if future.done() else late).named(name)
            for name, future in futures.items()
        ]
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def deployable(findings: list[Finding]) -> bool | None:
    """Whether the deployment can succeed; `None` if a check could not be made."""
    states = {each.state for each in findings}
    if State.BLOCKING in states:
        return False
    return None if State.UNKNOWN in states else True


def _made(check: Check) -> Verdict:
    try:
        return check()
    except CannotCheckError as error:
        return unknown(f"could not be checked: {error}")
    except ClientError as error:
        return unknown(f"could not be checked: {error}")


def _account(
    templates: Deployed, session: Any, endpoint: str | None
) -> tuple[Account | None, Verdict]:
    region = session.region_name
    if region is None:
        return None, blocking("no Region is configured", "export AWS_REGION=eu-central-1")
    try:
        if session.get_credentials() is None:
            return None, blocking("no credentials are configured", "aws configure")
        caller = read(session, "sts", "get_caller_identity", endpoint)
    except ClientError as error:
        fix = "aws sso login, or aws configure"
        return None, blocking(f"the credentials are not valid: {error}", fix)
    except (CannotCheckError, BotoCoreError) as error:
        return None, unknown(f"could not be checked: {error}", "aws sso login, or aws configure")
    account = Account(
        session=session,
        stage=templates.stage,
        number=caller["Account"],
        region=region,
        templates=templates,
        endpoint=endpoint,
    )
    return account, ok(f"account {caller['Account']} in {region}, as {caller['Arn']}")


def account_session() -> Any:
    """A session as the AWS CLI would have it; boto3 ignores AWS_REGION."""
    return boto3.session.Session(region_name=os.environ.get("AWS_REGION"))
