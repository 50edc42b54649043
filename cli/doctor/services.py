"""Whether the account's services are set up as the templates need them."""

import json
from fnmatch import fnmatch
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.account import Account
from cli.doctor.finding import Verdict, blocking, ok, unknown, warning
from cli.templates import FUNCTION

_QUALIFIER = "hnb659fds"
# What the CDK writes into each template that it deploys with the bootstrap's roles.
_BOOTSTRAP_RULE = "CheckBootstrapVersion"
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-supported-regions
_WITHOUT_SNAPSTART = frozenset({"ap-east-2", "ap-southeast-6"})
# A plan that names an Aurora cluster copies it only if the account has opted in; it copies other
# kinds that it names in any case, but not if the opt-in is off and they are chosen by tags.
# https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
_BACKED_UP = ("Aurora", "S3")
_ISSUED = "ISSUED"


def bootstrap(account: Account) -> Verdict:
    """The CDK's bucket, repository, and roles must exist, in a version that is new enough.

    https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
    """
    fix = f"node_modules/.bin/cdk bootstrap aws://{account.number}/{account.region} --app ''"
    required = _required_bootstrap(account)
    name = f"/cdk-bootstrap/{_QUALIFIER}/version"
    try:
        found = int(account.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return blocking(f"account {account.number} has no bootstrap in {account.region}", fix)
    if found < required:
        return blocking(f"the bootstrap has version {found}, and {required} is required", fix)
    return ok(f"bootstrap version {found}")


def _required_bootstrap(account: Account) -> int:
    """One more than the highest version that a template refuses."""
    refused = [0]
    for template in account.templates.templates.values():
        rule = template.get("Rules", {}).get(_BOOTSTRAP_RULE, {})
        for assertion in rule.get("Assertions", ()):
            ((versions, _),) = (each["Fn::Contains"] for each in assertion["Assert"]["Fn::Not"])
            refused += map(int, versions)
    return max(refused) + 1


def snapshots(account: Account) -> Verdict:
    """SnapStart is not available in every Region."""
    if not any("SnapStart" in each for each in account.templates.of(FUNCTION)):
        return ok("the stage does not use SnapStart")
    fix = f"set snap_start = false in stages/{account.stage}.toml"
    if account.region in _WITHOUT_SNAPSTART:
        return blocking(f"SnapStart is not available in {account.region}", fix)
    if account.session.get_partition_for_region(account.region) != "aws":
        return unknown(f"AWS does not document whether {account.region} has SnapStart", fix)
    return ok(f"SnapStart is available in {account.region}")


def backups(account: Account) -> Verdict:
    """AWS Backup starts no job for kinds of resources that the account has not opted into.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRegionSettings.html
    """
    if not account.templates.of("AWS::Backup::BackupSelection"):
        return ok("the stage has no backup vault")
    settings = account.call("backup", "describe_region_settings")
    chosen = settings.get("ResourceTypeOptInPreference", {})
    lacking = [kind for kind in _BACKED_UP if not chosen.get(kind, False)]
    if not lacking:
        return ok(f"AWS Backup copies {' and '.join(_BACKED_UP)}")
    return warning(
        f"AWS Backup has no opt-in for {' and '.join(lacking)} in {account.region}, so copies are "
        "never made",
        "aws backup update-region-settings --resource-type-opt-in-preference "
        + ",".join(f"{kind}=true" for kind in lacking),
    )


def image_scans(account: Account) -> Verdict:
    """The CDK's repository of images is scanned if the registry scans on push.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryScanningConfiguration.html
    """
    if not any(each.get("PackageType") == "Image" for each in account.templates.of(FUNCTION)):
        return ok("the stage has no images")
    answer = account.call("ecr", "get_registry_scanning_configuration")
    repository = f"cdk-{_QUALIFIER}-container-assets-{account.number}-{account.region}"
    for rule in answer["scanningConfiguration"].get("rules", ()):
        filters = [each["filter"] for each in rule["repositoryFilters"]]
        if rule["scanFrequency"] != "MANUAL" and any(fnmatch(repository, f) for f in filters):
            return ok("images are scanned when they are pushed")
    rules = [
        {
            "scanFrequency": "SCAN_ON_PUSH",
            "repositoryFilters": [{"filter": f"cdk-{_QUALIFIER}-*", "filterType": "WILDCARD"}],
        }
    ]
    return warning(
        "images are not scanned for vulnerabilities when they are pushed",
        "aws ecr put-registry-scanning-configuration --scan-type BASIC --rules "
        f"'{json.dumps(rules, separators=(',', ':'))}'",
    )


def domain(account: Account) -> Verdict:
    """The certificate must be issued, for the domain, and in the API's Region.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
    """
    domains = account.templates.of("AWS::ApiGateway::DomainName")
    if not domains:
        return ok("the stage has no domain of its own")
    (properties,) = domains
    name, arn = str(properties["DomainName"]), str(properties["RegionalCertificateArn"])
    setting = f"set certificate_arn in stages/{account.stage}.toml"
    request = f"aws acm request-certificate --domain-name {name} --validation-method DNS"
    if arn.split(":")[3] != account.region:
        return blocking(
            f"the certificate of {name} is not in {account.region}", f"{request}, then {setting}"
        )
    try:
        found = account.call("acm", "describe_certificate", CertificateArn=arn)["Certificate"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return blocking(f"certificate {arn} does not exist", f"{request}, then {setting}")
    if found["Status"] != _ISSUED:
        return blocking(
            f"the certificate of {name} is {found['Status']}, not {_ISSUED}",
            f"create the DNS records of: aws acm describe-certificate --certificate-arn {arn} "
            "--query Certificate.DomainValidationOptions",
        )
    if not _covers(name, found):
        return blocking(f"certificate {arn} is not for {name}", f"{request}, then {setting}")
    return _zone(account, name) or ok(f"{name} has a valid certificate")


def _zone(account: Account, name: str) -> Verdict | None:
    """What is wrong with the zone that gets the domain's record, if anything."""
    for record in account.templates.of("AWS::Route53::RecordSet"):
        zone = str(record["HostedZoneId"])
        fix = (
            f"aws route53 list-hosted-zones, then set hosted_zone_id in stages/{account.stage}.toml"
        )
        try:
            found = account.call("route53", "get_hosted_zone", Id=zone)["HostedZone"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchHostedZone":
                raise
            return blocking(f"hosted zone {zone} does not exist", fix)
        if not f".{name}.".endswith(f".{found['Name']}"):
            return blocking(f"hosted zone {zone} is of {found['Name']}, which has no {name}", fix)
    return None


def _covers(name: str, certificate: dict[str, Any]) -> bool:
    names = {certificate["DomainName"], *certificate.get("SubjectAlternativeNames", ())}
    parent = name.partition(".")[2]
    return bool({name, f"*.{parent}"} & names)
