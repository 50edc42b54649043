"""Types of settings, with the range of each."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from modelfleet.spec.release_policy import APPROVAL_HOURS_MAXIMUM

# Docstrings of fields are their only documentation: docs/configuration.md and the comments in
# `stages/` repeat them, and a test compares them.
CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True)

# 0 in a file or in the context, which cannot say `None`.
_ZERO_IS_NONE = AfterValidator(lambda value: value or None)

AtLeastOne = Annotated[int, Field(ge=1)]
ApprovalHours = Annotated[int, Field(ge=1, le=APPROVAL_HOURS_MAXIMUM)]
NotNegative = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
PartialShare = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[int, Field(ge=1, le=3650)]
DaysOrNone = Annotated[Annotated[int, Field(ge=0, le=3650)] | None, _ZERO_IS_NONE]
AtLeastOneOrNone = Annotated[NotNegative | None, _ZERO_IS_NONE]
UsdOrNone = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, _ZERO_IS_NONE]

# An execution of a state machine ends after a year.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
Seconds = Annotated[int, Field(ge=1, le=31_536_000)]

RefreshSeconds = Annotated[float, Field(gt=0, le=3600)]

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MemoryMb = Annotated[int, Field(ge=128, le=10_240)]
BodyBytes = Annotated[int, Field(ge=1, le=6 * 2**20)]

# Of the 1,000 that an account starts with once it is established, 100 must stay unreserved.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
ConcurrencyOrNone = Annotated[Annotated[int, Field(ge=0, le=900)] | None, _ZERO_IS_NONE]

# What CloudWatch Logs accepts.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]

# https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
AddressLimitOrNone = Annotated[Annotated[int, Field(ge=0, le=2_000_000_000)] | None, _ZERO_IS_NONE]

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html
CapacityUnits = Annotated[float, Field(ge=0, le=256, multiple_of=0.5)]
BackupDays = Annotated[int, Field(ge=0, le=35)]

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DomainName = Annotated[
    str, StringConstraints(max_length=253, pattern=rf"^({_LABEL}\.)+[a-z]{{2,63}}$")
]
CertificateArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate/[\w-]+$")
]
HostedZoneId = Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{1,31}$")]
Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[A-Za-z0-9.-]+(:\d+)?)$")]
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
ClientName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
