"""A custom domain for the API, if the deployment has one."""

import re
from dataclasses import dataclass

from cdk.settings.stage import Database, Stage, StageError

_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:aws[\w-]*:acm:[\w-]+:\d+:certificate/[\w-]+")
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")


@dataclass(frozen=True, kw_only=True)
class CustomDomain:
    """A domain and its certificate, which must be in the API's region."""

    name: str
    certificate_arn: str

    hosted_zone_id: str | None = None
    """The Route 53 zone that gets the DNS record; `None` leaves DNS to the owner of the domain."""


def read_domain(
    stage: Stage, domain: object, certificate_arn: object, hosted_zone_id: object
) -> CustomDomain | None:
    """Return the domain in the deployment's context, if any.

    Parameters
    ----------
    stage
        The stage of the API.
    domain, certificate_arn, hosted_zone_id
        The CDK context of the same names.

    Raises
    ------
    StageError
        If one of them is missing or not valid; the message names it.
    """
    if domain is None:
        if certificate_arn is not None or hosted_zone_id is not None:
            raise StageError("domain: required with a certificate or a hosted zone")
        return None
    if stage.database is Database.EMBEDDED:
        raise StageError(f"domain: stage {stage.name} is only reachable on this machine")
    if certificate_arn is None:
        raise StageError("certificate_arn: a domain needs the ARN of its certificate in ACM")
    return CustomDomain(
        name=_matching(_NAME, domain, "domain", "a domain name"),
        certificate_arn=_matching(
            _CERTIFICATE, certificate_arn, "certificate_arn", "a certificate ARN"
        ),
        hosted_zone_id=(
            None
            if hosted_zone_id is None
            else _matching(_ZONE, hosted_zone_id, "hosted_zone_id", "the ID of a hosted zone")
        ),
    )


def _matching(pattern: re.Pattern[str], value: object, setting: str, expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise StageError(f"{setting}: {value!r} is not {expected}")
    return value
