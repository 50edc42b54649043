"""AWS prices: us-east-1, first tier, on demand, x86."""

from dataclasses import dataclass

PRICES_READ = "2026-11"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a unit, with its source.

    Parameters
    ----------
    usd
        US dollars per unit.
    unit
        The billed unit.
    page
        The pricing page below aws.amazon.com.
    free
        Units per month that are always free, for all stages of an account together. Excludes the
        free tier of a new account's first year.
    """

    usd: float
    unit: str
    page: str
    free: float = 0.0


_LAMBDA, _WATCH, _S3 = "lambda/pricing", "cloudwatch/pricing", "s3/pricing"
_AURORA, _FIREHOSE, _FIREWALL = "rds/aurora/pricing", "firehose/pricing", "waf/pricing"

COMPUTE = Price(0.0000166667, "GB-second", _LAMBDA, free=400_000)
INVOCATIONS = Price(0.20, "million calls", _LAMBDA, free=1)
SNAPSHOT_KEPT = Price(0.0000015046, "GB-second", _LAMBDA)
SNAPSHOT_RESTORED = Price(0.0001397998, "GB restored", _LAMBDA)

API_CALLS = Price(3.50, "million calls", "api-gateway/pricing")

FIREWALL = Price(5.00, "web ACL", _FIREWALL)
FIREWALL_RULES = Price(1.00, "rule", _FIREWALL)
FIREWALL_CALLS = Price(0.60, "million calls", _FIREWALL)

ALARMS = Price(0.10, "alarm metric", _WATCH, free=10)
DASHBOARDS = Price(3.00, "dashboard", _WATCH, free=3)
CUSTOM_METRICS = Price(0.30, "metric", _WATCH, free=10)
LOGS_TAKEN = Price(0.50, "GB", _WATCH, free=5)
LOGS_KEPT = Price(0.03, "GB-month", _WATCH)
TRACES = Price(5.00, "million traces", "xray/pricing", free=0.1)

STORED = Price(0.023, "GB-month", _S3)
STORED_COLD = Price(0.0125, "GB-month", _S3)
OBJECTS_WRITTEN = Price(0.005, "thousand calls", _S3)
OBJECTS_READ = Price(0.0004, "thousand calls", _S3)

DELIVERED = Price(0.029, "GB", _FIREHOSE)
PARTITIONED = Price(0.020, "GB", _FIREHOSE)
PARTITIONS = Price(0.005, "thousand objects", _FIREHOSE)

DATABASE_AWAKE = Price(0.12, "ACU-hour", _AURORA)
DATABASE_STORED = Price(0.10, "GB-month", _AURORA)
DATABASE_COPIED = Price(0.021, "GB-month", _AURORA)
BUCKETS_COPIED = Price(0.05, "GB-month", "backup/pricing")
SECRETS = Price(0.40, "secret", "secrets-manager/pricing")
KEYS = Price(1.00, "key", "kms/pricing")

IMAGES = Price(0.10, "GB-month", "ecr/pricing")
TRANSITIONS = Price(0.025, "thousand transitions", "step-functions/pricing", free=4)
