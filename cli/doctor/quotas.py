"""Whether the quotas of the account suffice for the templates.

New accounts have less than the published defaults: a few concurrent executions, and functions of
at most 3,008 MB. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from botocore.exceptions import ClientError

from cli.doctor.account import Account
from cli.doctor.finding import Verdict, blocking, ok, warning
from cli.templates import FUNCTION
from modelfleet.resource_names import StackPart

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_UNRESERVED_MINIMUM = 100
_CONCURRENCY_DEFAULT = 1000
_CONCURRENCY = ("lambda", "L-B99A9384")
_NEW_ACCOUNT_MEMORY_MB = 3008
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
_API_RESOURCES = ("apigateway", "L-01C8A9E0")
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
_VPCS = ("vpc", "L-F678F1CE")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_ALARMS_MAXIMUM = 5000
_ALARMS_PER_PAGE = 100


def concurrency(account: Account) -> Verdict:
    """Reserved concurrency must be available, and a new account's few executions are reported.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
    """
    limit = account.call("lambda", "get_account_settings")["AccountLimit"]
    total = int(limit["ConcurrentExecutions"])
    functions = account.templates.of(FUNCTION)
    reserved = sum(int(each.get("ReservedConcurrentExecutions", 0)) for each in functions)
    unreserved = int(limit["UnreservedConcurrentExecutions"])
    fix = _increase(_CONCURRENCY, max(_CONCURRENCY_DEFAULT, total + reserved))
    if reserved and not account.is_deployed(StackPart.SERVING):
        left = unreserved - reserved
        if left < _UNRESERVED_MINIMUM:
            return blocking(
                f"the stage reserves {reserved} of {unreserved} concurrent executions, and "
                f"{_UNRESERVED_MINIMUM} must stay unreserved",
                f"{fix}, or set reserved_concurrency = 0 in stages/{account.stage}.toml",
            )
    if total < _CONCURRENCY_DEFAULT:
        return warning(
            f"all functions of the account share {total} concurrent executions; further requests "
            f"are throttled. AWS's default is {_CONCURRENCY_DEFAULT:,}",
            fix,
        )
    return ok(f"{total:,} concurrent executions")


def memory(account: Account) -> Verdict:
    """No API shows the limit of a function's memory, so large functions are reported."""
    functions = account.templates.of(FUNCTION)
    most = max((int(each.get("MemorySize", 0)) for each in functions), default=0)
    if most > _NEW_ACCOUNT_MEMORY_MB:
        return warning(
            f"the largest function has {most:,} MB; new accounts allow {_NEW_ACCOUNT_MEMORY_MB:,}",
            "request a higher limit of memory for Lambda functions from AWS Support, or reduce "
            "memory_mb in the model's spec.py",
        )
    return ok(f"the largest function has {most:,} MB, which new accounts allow")


def api_resources(account: Account) -> Verdict:
    """The paths of all models are resources of one API."""
    needed = len(account.templates.of("AWS::ApiGateway::Resource")) + 1
    allowed = _quota(account, _API_RESOURCES)
    text = f"the API has {needed} resources of {allowed:,} allowed"
    return blocking(text, _increase(_API_RESOURCES, needed)) if needed > allowed else ok(text)


def networks(account: Account) -> Verdict:
    """A Region has five VPCs by default, and those of deleted stages remain."""
    needed = len(account.templates.of("AWS::EC2::VPC"))
    if not needed or account.is_deployed(StackPart.STORAGE):
        return ok("no further VPC is needed")
    used = len(account.call("ec2", "describe_vpcs")["Vpcs"])
    allowed = _quota(account, _VPCS)
    text = f"{used} of {allowed:,} VPCs are in use, and the stage needs {needed}"
    if used + needed > allowed:
        return blocking(text, _increase(_VPCS, used + needed))
    return ok(text)


def alarms(account: Account) -> Verdict:
    """Alarms of all stages and of everything else in the Region count."""
    needed = len(account.templates.of("AWS::CloudWatch::Alarm"))
    if account.is_deployed(StackPart.MONITORING):
        return ok(f"the stage's {needed} alarms are part of what exists")
    used, token = 0, None
    while True:
        page = account.call(
            "cloudwatch",
            "describe_alarms",
            MaxRecords=_ALARMS_PER_PAGE,
            **({"NextToken": token} if token else {}),
        )
        used += len(page.get("MetricAlarms", ())) + len(page.get("CompositeAlarms", ()))
        token = page.get("NextToken")
        if not token:
            break
    text = f"{used:,} of {_ALARMS_MAXIMUM:,} alarms are in use, and the stage needs {needed}"
    if used + needed > _ALARMS_MAXIMUM:
        return warning(
            f"{text}, unless the quota was raised",
            "aws service-quotas list-service-quotas --service-code monitoring",
        )
    return ok(text)


def _quota(account: Account, quota: tuple[str, str]) -> int:
    """The quota that applies to the account, or AWS's default if there is no other.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    """
    service, code = quota
    arguments = {"ServiceCode": service, "QuotaCode": code}
    try:
        found = account.call("service-quotas", "get_service_quota", **arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchResourceException":
            raise
        found = account.call("service-quotas", "get_aws_default_service_quota", **arguments)
    return int(found["Quota"]["Value"])


def _increase(quota: tuple[str, str], value: int) -> str:
    service, code = quota
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {code} --desired-value {value}"
    )
