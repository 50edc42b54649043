"""`fleet doctor` names what a fresh account lacks, each with what fixes it."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from cli.app import app
from cli.commands.operations import doctor as command
from cli.doctor import examine as examination
from cli.doctor import machine
from cli.doctor.examine import deployable, examine, run
from cli.doctor.finding import Finding, State, ok
from cli.templates import Deployed
from modelfleet.resource_names import StackPart
from tests.aws import aws_services
from tests.unit.cli.doctor.recorded import DENIED, RecordedSession, answered, fresh_account

ARN = "arn:aws:acm:eu-central-1:111122223333:certificate/ab-12"
NAME = "models.example.com"
CERTIFICATE = {"Status": "ISSUED", "DomainName": NAME, "SubjectAlternativeNames": [NAME]}
DOMAIN = ("AWS::ApiGateway::DomainName", {"DomainName": NAME, "RegionalCertificateArn": ARN})
RECORD = ("AWS::Route53::RecordSet", {"HostedZoneId": "Z1"})
IMAGE = ("AWS::Lambda::Function", {"PackageType": "Image", "MemorySize": 2048})
SNAPSHOT = ("AWS::Lambda::Function", {"SnapStart": {"ApplyOn": "PublishedVersions"}})
PLAN: tuple[str, dict[str, Any]] = ("AWS::Backup::BackupSelection", {})
VPC: tuple[str, dict[str, Any]] = ("AWS::EC2::VPC", {})
RULES = {
    "CheckBootstrapVersion": {
        "Assertions": [
            {"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2", "5"], {"Ref": "Version"}]}]}}
        ]
    }
}


def _templates(*resources: tuple[str, dict[str, Any]]) -> Deployed:
    found = {f"R{i}": {"Type": k, "Properties": p} for i, (k, p) in enumerate(resources)}
    empty: dict[StackPart, dict[str, Any]] = {part: {"Resources": {}} for part in StackPart}
    return Deployed("prod", 1, empty | {StackPart.SERVING: {"Resources": found, "Rules": RULES}})


PROD = _templates(IMAGE, SNAPSHOT, PLAN, VPC, ("AWS::CloudWatch::Alarm", {}))


def _found(
    templates: Deployed = PROD, session: RecordedSession | None = None, **changes: Any
) -> dict[str, Finding]:
    named = {name.replace("__", ".").replace("_", "-"): each for name, each in changes.items()}
    used = session or RecordedSession(fresh_account(**named))
    return {each.check: each for each in examine(templates, used)}


@pytest.fixture(autouse=True)
def _docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "docker", lambda *_: ok("Docker"))


def test_a_fresh_account_is_told_all_that_it_lacks() -> None:
    """Bootstrap blocks; concurrency, the opt-in, and image scans are warnings with commands."""
    found = _found()
    states = {name: each.state for name, each in found.items() if each.state is not State.OK}
    assert states == {
        "bootstrap": State.BLOCKING,
        "concurrency": State.WARNING,
        "AWS Backup": State.WARNING,
        "image scans": State.WARNING,
    }
    assert all(each.fix for each in found.values() if each.state is not State.OK)
    assert "aws://111122223333/eu-central-1" in str(found["bootstrap"].fix)
    assert "10 concurrent executions" in found["concurrency"].text
    assert "--quota-code L-B99A9384 --desired-value 1000" in str(found["concurrency"].fix)
    assert str(found["AWS Backup"].fix).endswith("Aurora=true,S3=true")
    assert not deployable(list(found.values()))


def test_an_account_that_is_set_up_is_deployable() -> None:
    """After each command, no check has anything to say."""
    repository = {"filter": "cdk-hnb659fds-*", "filterType": "WILDCARD"}
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [repository]}
    found = _found(
        ssm__GetParameter=answered(Parameter={"Value": "30"}),
        lambda__GetAccountSettings=answered(
            AccountLimit={"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
        ),
        backup__DescribeRegionSettings=answered(
            ResourceTypeOptInPreference={"Aurora": True, "S3": True}
        ),
        ecr__GetRegistryScanningConfiguration=answered(scanningConfiguration={"rules": [rule]}),
    )
    assert {each.state for each in found.values()} == {State.OK}
    assert deployable(list(found.values()))


def test_an_old_bootstrap_blocks() -> None:
    """The templates say which versions they refuse."""
    found = _found(ssm__GetParameter=answered(Parameter={"Value": "5"}))["bootstrap"]
    assert (found.state, found.text) == (
        State.BLOCKING,
        "the bootstrap has version 5, and 6 is required",
    )


def test_reserved_concurrency_that_is_not_available_blocks() -> None:
    """CloudFormation would fail on the first predict function."""
    function = ("AWS::Lambda::Function", {"ReservedConcurrentExecutions": 20})
    found = _found(_templates(function, function))["concurrency"]
    assert found.state is State.BLOCKING
    assert "reserves 40 of 10" in found.text


def test_functions_that_new_accounts_refuse_are_reported() -> None:
    """No API shows the limit of memory."""
    assert _found(_templates(("AWS::Lambda::Function", {"MemorySize": 3008})))["memory"].state == (
        State.OK
    )
    found = _found(_templates(("AWS::Lambda::Function", {"MemorySize": 3009})))["memory"]
    assert found.state is State.WARNING


def test_too_many_resources_of_the_api_block() -> None:
    """The root is a resource, too."""
    paths: list[tuple[str, dict[str, Any]]] = [("AWS::ApiGateway::Resource", {})]
    assert _found(_templates(*paths * 299))["API resources"].state is State.OK
    found = _found(_templates(*paths * 300))["API resources"]
    assert (found.state, found.fix and found.fix.split()[-1]) == (State.BLOCKING, "301")


def test_a_region_without_room_for_a_vpc_blocks() -> None:
    """VPCs of destroyed stages remain; that of a deployed stage is in use already."""
    full = answered(Vpcs=[{"VpcId": f"vpc-{i}"} for i in range(5)])
    assert _found(ec2__DescribeVpcs=full)["VPCs"].state is State.BLOCKING
    recorded = fresh_account() | {
        "ec2.DescribeVpcs": full,
        "cloudformation.DescribeStacks": answered(Stacks=[_stack()]),
    }
    assert _found(session=RecordedSession(recorded))["VPCs"].state is State.OK


def _stack() -> dict[str, Any]:
    return {"StackName": "s", "CreationTime": "2026-01-01", "StackStatus": "CREATE_COMPLETE"}


@pytest.mark.parametrize(
    ("region", "state"),
    [
        ("eu-central-1", State.OK),
        ("ap-southeast-6", State.BLOCKING),
        ("us-gov-west-1", State.UNKNOWN),
    ],
)
def test_snapstart_depends_on_the_region(region: str, state: State) -> None:
    """A Region without it gets a setting to change."""
    found = _found(session=RecordedSession(region_name=region))["SnapStart"]
    assert found.state is state
    assert state is State.OK or "snap_start = false in stages/prod.toml" in str(found.fix)


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        (answered(Certificate=CERTIFICATE), None),
        (answered(Certificate=CERTIFICATE | {"DomainName": "*.example.com"}), None),
        (answered(Certificate=CERTIFICATE | {"Status": "PENDING_VALIDATION"}), "PENDING_VALID"),
        (
            answered(Certificate={"Status": "ISSUED", "DomainName": "example.com"}),
            "is not for models.example.com",
        ),
        ({"error": "ResourceNotFoundException"}, "does not exist"),
    ],
)
def test_a_certificate_must_be_issued_for_the_domain(
    certificate: dict[str, Any], expected: str | None
) -> None:
    """A pending, foreign, or missing certificate fails the deployment after minutes."""
    found = _found(_templates(IMAGE, DOMAIN), acm__DescribeCertificate=certificate)["domain"]
    assert found.state is (State.BLOCKING if expected else State.OK)
    assert (expected or "valid certificate") in found.text


def test_a_certificate_must_be_in_the_region() -> None:
    """Regional APIs take certificates of their Region only."""
    session = RecordedSession(region_name="eu-west-1")
    found = _found(_templates(IMAGE, DOMAIN), session)["domain"]
    assert (found.state, found.text) == (
        State.BLOCKING,
        "the certificate of models.example.com is not in eu-west-1",
    )


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ({"HostedZone": {"Id": "Z1", "Name": "example.com.", "CallerReference": "1"}}, None),
        ({"HostedZone": {"Id": "Z1", "Name": "ample.com.", "CallerReference": "1"}}, "has no"),
        (None, "does not exist"),
    ],
)
def test_the_zone_must_be_the_domains(zone: dict[str, Any] | None, expected: str | None) -> None:
    """A record outside the zone is refused."""
    found = _found(
        _templates(IMAGE, DOMAIN, RECORD),
        acm__DescribeCertificate=answered(Certificate=CERTIFICATE),
        route53__GetHostedZone=answered(**zone) if zone else {"error": "NoSuchHostedZone"},
    )["domain"]
    assert found.state is (State.BLOCKING if expected else State.OK)
    assert expected is None or expected in found.text


def test_denied_calls_name_the_permission() -> None:
    """A caller with few rights gets a list of what is missing instead of a traceback."""
    denied = {name: DENIED for name in fresh_account() if not name.startswith("sts.")}
    found = _found(session=RecordedSession(fresh_account() | denied))
    unknown = {n: each.text for n, each in found.items() if each.state is State.UNKNOWN}
    assert set(unknown) == {
        *("bootstrap", "concurrency", "API resources", "alarms", "VPCs"),
        *("AWS Backup", "image scans"),
    }
    assert unknown["AWS Backup"] == (
        "could not be checked: AccessDeniedException for backup:DescribeRegionSettings; "
        "needs this permission"
    )
    assert "servicequotas:GetServiceQuota" in unknown["API resources"]
    assert deployable(list(found.values())) is None


def test_without_credentials_only_the_machine_is_checked() -> None:
    """Everything else says what it needs."""
    found = _found(session=RecordedSession(has_credentials=False))
    assert (found["credentials"].state, found["credentials"].fix) == (
        State.BLOCKING,
        "aws configure",
    )
    assert found["bootstrap"].text == "needs credentials"
    assert found["Docker"].state is State.OK


def test_expired_credentials_block() -> None:
    """The message is AWS's."""
    expired = {"error": "ExpiredToken", "message": "The security token is expired"}
    found = _found(sts__GetCallerIdentity=expired)["credentials"]
    assert found.state is State.BLOCKING
    assert "aws sso login" in str(found.fix)


def test_a_region_is_required() -> None:
    """boto3 would raise an error of its own."""
    found = _found(session=RecordedSession(region_name=None))["credentials"]
    assert "AWS_REGION" in str(found.fix)


def test_a_check_that_hangs_is_reported() -> None:
    """The others are not delayed by it."""
    release = threading.Event()

    def hangs() -> Any:
        release.wait()
        return ok("late")

    try:
        found = run({"hangs": hangs, "other": lambda: ok("done")}, seconds=0.05)
    finally:
        release.set()
    assert [(each.check, each.state) for each in found] == [
        ("hangs", State.UNKNOWN),
        ("other", State.OK),
    ]


def test_a_service_that_cannot_be_reached_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a proxy that blocks AWS."""

    def fails(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://sts.example")

    monkeypatch.setattr(RecordedSession, "client", fails)
    assert _found()["credentials"].state is State.UNKNOWN


@pytest.fixture
def engine() -> Iterator[str]:
    """The services that the local engine consists of."""
    with aws_services() as endpoint:
        yield endpoint


def test_services_over_http_are_checked(engine: str) -> None:
    """Real clients on a real endpoint: what exists there is found, and no check raises."""
    session = boto3.session.Session("id", "secret", region_name="eu-central-1")
    before = {each.check: each for each in examine(PROD, session, endpoint=engine)}
    assert before["credentials"].state is State.OK
    assert before["bootstrap"].state is State.BLOCKING
    assert before["VPCs"].text == "1 of 5 VPCs are in use, and the stage needs 1"
    client = session.client("ssm", endpoint_url=engine)
    client.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    after = {each.check: each for each in examine(PROD, session, endpoint=engine)}
    assert after["bootstrap"].state is State.OK


def test_the_command_prints_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--json`, programs get each check, and the exit code says whether it can be deployed."""
    monkeypatch.setattr(command, "synthesize", lambda *_: PROD)
    monkeypatch.setattr(command, "account_session", RecordedSession)
    done = CliRunner().invoke(app, ["doctor", "--stage", "prod", "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["stage"], found["deployable"]) == ("prod", False)
    assert {each["check"] for each in found["checks"]} >= {"credentials", "bootstrap", "Docker"}
    assert {*found["checks"][0]} == {"check", "state", "text", "fix"}


def test_the_command_prints_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """People get a table, and a command for each gap."""
    monkeypatch.setattr(command, "synthesize", lambda *_: PROD)
    monkeypatch.setattr(command, "account_session", RecordedSession)
    done = CliRunner().invoke(app, ["doctor", "--stage", "prod"])
    assert "request-service-quota-increase" in done.stdout
    assert "stage prod cannot be deployed: bootstrap" in str(done.exception)


def test_docker_is_needed_for_images_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Missing and stopped Docker differ in what to do."""
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.docker(_templates(SNAPSHOT)).state is State.OK
    assert machine.docker(PROD).text == "Docker is not installed"
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    program.chmod(0o755)
    assert "Cannot connect" in machine.docker(PROD).text
    program.write_text("#!/bin/sh\necho 28.0.1\n")
    assert machine.docker(PROD) == ok("Docker 28.0.1")


def test_the_default_session_has_the_clis_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 reads AWS_DEFAULT_REGION only."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert examination.account_session().region_name == "eu-north-1"
