"""The settings of a stage, their types and documentation; `stages/` has their values."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum

from pydantic.dataclasses import dataclass

from cdk.settings.clients import ClientSettings, Throttle, client_limits
from cdk.settings.domain import CustomDomain
from cdk.settings.values import (
    CONFIG,
    AddressLimitOrNone,
    ApprovalHours,
    AtLeastOne,
    BackupDays,
    BodyBytes,
    CapacityUnits,
    CertificateArn,
    ClientName,
    ConcurrencyOrNone,
    Days,
    DaysOrNone,
    DomainName,
    EmailAddress,
    HostedZoneId,
    LogDays,
    MemoryMb,
    NotNegative,
    Origin,
    PartialShare,
    RefreshSeconds,
    Seconds,
    Share,
    UsdOrNone,
    WebAddress,
)
from modelfleet.resource_names import StackPart, resource_name
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.release_policy import WithoutTraffic

# https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
_FEWEST_COUNTED = 10


class StageError(ValueError):
    """The stage does not exist, or a setting is missing or not valid."""


class Packaging(StrEnum):
    """How a function's folder is packaged for Lambda."""

    IMAGE = "image"
    ZIP = "zip"


class Database(StrEnum):
    """A database for MLflow's runs and versions."""

    AURORA = "aurora"
    """Aurora PostgreSQL, deployed with the stage."""

    EMBEDDED = "embedded"
    """PostgreSQL next to the local engine; the context `tracking_uri` has its address."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class ReleasePlan:
    """Default plan for the release of new versions, if the model's spec declares no other."""

    shares: tuple[PartialShare, ...] = (0.1, 0.5)
    """Shares of the traffic that a version serves, one after the other, before it serves all."""

    wait_seconds: Seconds
    """How long a version serves a share before it is compared with the champion."""

    minimum_predictions: AtLeastOne
    """Predictions that each of the two must have served for that; with fewer, the wait repeats."""

    waits_maximum: NotNegative
    """How many times the wait repeats at most, per share."""

    without_traffic: WithoutTraffic
    """What happens then: advance if held-out rows allow it, or roll back and ask a person."""

    approval: bool
    """Whether a version that the gate promoted waits for a person before it serves."""

    approval_hours: ApprovalHours = 168
    """How long it waits; without a decision, it is rejected."""

    approval_reminder_hours: AtLeastOne = 24
    """How often people are reminded meanwhile."""

    lock_wait_seconds: Seconds
    """The pause between attempts to lock a model that another execution is changing."""

    bandit_minutes: AtLeastOne = 60
    """The interval between updates of the shares of versions in mode `bandit`."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Stage:
    """Everything that differs between stages."""

    name: str
    """Part of the names of all resources."""

    # Functions

    packaging: Packaging
    """Packaging of the functions whose libraries are too large for a layer."""

    shared_layers: bool
    """Whether zip functions get libraries and shared code from layers instead of their archive."""

    snap_start: bool
    """Whether predict functions start from SnapStart snapshots, which are billed by the second."""

    serving_memory_mb_minimum: MemoryMb
    """Memory that every predict function gets, even if its model's spec asks for less."""

    gradual_code: bool
    """Whether CodeDeploy shifts traffic to new code of predict functions, with rollback."""

    forward_metrics: bool
    """Whether the captures function publishes metrics; the local engine reads none from logs."""

    log_retention_days: LogDays
    """How long all logs are kept."""

    # API

    docs_enabled: bool
    """Whether `/docs` and `/card` are shown, without an API key."""

    details_enabled: bool
    """Whether a refusal names the fields and rules that the request violated."""

    allowed_origins: tuple[Origin, ...]
    """Origins of web pages that may call the API from a browser (CORS); `*` allows all."""

    throttle: Throttle
    """Limits of the API as a whole, and defaults for its clients."""

    maximum_body_bytes: BodyBytes
    """The largest request body that predict functions accept."""

    requests_per_address: AddressLimitOrNone
    """Requests per IP address in five minutes that a web firewall lets through; 0: no firewall."""

    access_logs: bool
    """Whether API, buckets and network log who accessed them."""

    tracing: bool
    """Whether functions, API and state machines send traces to X-Ray."""

    traced_share: Share
    """The share of the API's requests that are traced."""

    tls_only: bool
    """Whether buckets, topics and queues refuse requests without TLS."""

    # Releases

    release: ReleasePlan
    """How new versions of models take over."""

    refresh_seconds: RefreshSeconds
    """The interval at which a warm predict function re-reads its release pointer."""

    # Data

    database: Database
    """Where MLflow stores runs and versions."""

    database_capacity_maximum: CapacityUnits
    """The most Aurora capacity units that the database scales to; 0 if it is embedded."""

    database_backup_days: BackupDays
    """How long the database's own continuous backups are kept; 0 if it is embedded."""

    retain_data: bool
    """Whether buckets, database and logs outlive their stacks, which may then be `protected`."""

    empty_buckets_on_delete: bool
    """Whether deleting a stack deletes the objects in its buckets, without which it fails."""

    captures_days: Days
    """How long captured predictions and their outcomes are kept."""

    run_files_days: Days
    """How long MLflow's files of a run are kept; bundles do not expire."""

    vault_days: DaysOrNone
    """How long daily copies are kept in a backup vault; 0: no vault."""

    # Monitoring

    alarm_notifications: bool
    """Whether alarms notify people; if not, only alarms that trigger a rollback are deployed."""

    budget_usd: UsdOrNone
    """The monthly cost in US dollars, of the whole account, at which people are warned; 0: none."""

    # Of one deployment, and optional

    alert_email: EmailAddress | None = None
    """An address that receives all alerts, after it has confirmed the subscription."""

    alert_webhook: WebAddress | None = None
    """An incident service, or a chat's AWS integration, that receives all alerts.

    Plain incoming webhooks of chats ignore the confirmation that AWS sends.
    """

    domain: DomainName | None = None
    """A domain name for the API, over TLS 1.2 or newer; needs `certificate_arn`."""

    certificate_arn: CertificateArn | None = None
    """The domain's certificate in ACM, from the API's Region."""

    hosted_zone_id: HostedZoneId | None = None
    """The Route 53 zone that gets the DNS record; without it, point the name at `DomainTarget`."""

    reserved_concurrency: ConcurrencyOrNone = None
    """Concurrency reserved for each predict function, which is also its limit; 0 shares it.

    Other functions cannot use reserved concurrency, 100 executions must stay unreserved, and new
    accounts have hardly more.
    """

    protected: frozenset[StackPart] = frozenset()
    """Stacks that cannot be deleted; `make deploy` sets it, because they must be up before."""

    clients: Mapping[ClientName, ClientSettings] = field(default_factory=dict)
    """Clients of the API in addition to `default`, each with its own key and limits."""

    @property
    def unique_log_names(self) -> bool:
        """Whether the names of log groups end with the ID of their stack.

        The local engine writes to the log group with the function's plain name.
        """
        return self.database is Database.AURORA

    @property
    def client_limits(self) -> dict[str, Throttle]:
        """The limits of each client, including `default`."""
        return client_limits(self.throttle, self.clients)

    @property
    def reporting_clients(self) -> tuple[str, ...]:
        """The clients that may report outcomes."""
        return tuple(name for name, own in self.clients.items() if own.report_outcomes)

    @property
    def custom_domain(self) -> CustomDomain | None:
        """The domain of the API, if it has one."""
        if self.domain is None or self.certificate_arn is None:
            return None
        return CustomDomain(
            name=self.domain,
            certificate_arn=self.certificate_arn,
            hosted_zone_id=self.hosted_zone_id,
        )

    def contradictions(self) -> Iterator[str]:
        """Yield what is wrong with settings that are valid by themselves."""
        if self.domain is None and (self.certificate_arn or self.hosted_zone_id):
            yield "domain: required with certificate_arn and hosted_zone_id"
        if self.domain is not None and self.certificate_arn is None:
            yield "certificate_arn: required with domain"
        if list(self.release.shares) != sorted(set(self.release.shares)):
            yield "release.shares: each share must be larger than the one before"
        if self.requests_per_address is not None and self.requests_per_address < _FEWEST_COUNTED:
            yield f"requests_per_address: a firewall counts at least {_FEWEST_COUNTED}; 0 is none"
        yield from self._of_the_database()

    def _of_the_database(self) -> Iterator[str]:
        if self.database is Database.AURORA:
            for name in ("database_capacity_maximum", "database_backup_days"):
                if getattr(self, name) < 1:
                    yield f"{name}: an Aurora database needs at least 1"
            return
        for name in ("domain", "vault_days", "budget_usd"):
            if getattr(self, name) is not None:
                yield f"{name}: stages with an embedded database exist on their own machine only"

    def is_protected(self, part: StackPart) -> bool:
        """Whether termination protection is on for a stack.

        It must be off until the stack is up: CloudFormation can neither roll back a protected
        database nor delete a protected stack, and a stack whose creation failed must be deleted.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
        """
        return self.retain_data and part in self.protected

    def serving_memory_mb(self, spec: ModelSpec) -> int:
        """Memory of a model's predict function."""
        return max(spec.serving.memory_mb, self.serving_memory_mb_minimum)

    def resource(self, *parts: str) -> str:
        """Return the name of a resource of this stage."""
        return resource_name(self.name, *parts)
