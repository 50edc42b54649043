"""The name that callers know the API by, where the deployment gives it one."""

import re
from dataclasses import dataclass

from cdk.settings.stage import Database, Stage, StageError

_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:aws[\w-]*:acm:[\w-]+:\d+:certificate/[\w-]+")
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")


@dataclass(frozen=True, kw_only=True)
class CustomDomain:
    """A domain with its certificate, of the API's own region; DNS is set where a zone is given."""

    name: str
    certificate_arn: str
    hosted_zone_id: str | None = None


def read_domain(
    stage: Stage, domain: object, certificate_arn: object, hosted_zone_id: object
) -> CustomDomain | None:
    """The domain that the deployment's context names, if any.

    Parameters
    ----------
    stage
        Whose API it is for.
    domain, certificate_arn, hosted_zone_id
        The CDK context of the same names.

    Raises
    ------
    StageError
        If one of them is missing or is not what it should be; the text names it.
    """
    if domain is None:
        if certificate_arn is not None or hosted_zone_id is not None:
            raise StageError("domain: a certificate or a zone is for a domain, and none is given")
        return None
    if stage.database is Database.EMBEDDED:
        raise StageError(f"domain: stage {stage.name} answers on this machine alone")
    if certificate_arn is None:
        raise StageError("certificate_arn: a domain needs the ARN of its certificate in ACM")
    return CustomDomain(
        name=_matching("domain", domain, _NAME),
        certificate_arn=_matching("certificate_arn", certificate_arn, _CERTIFICATE),
        hosted_zone_id=(
            None if hosted_zone_id is None else _matching("hosted_zone_id", hosted_zone_id, _ZONE)
        ),
    )


def _matching(field: str, value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise StageError(f"{field}: {value!r} is none")
    return value
