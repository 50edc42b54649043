"""Settings of each function; each environment variable is defined here once.

Infrastructure builds a settings object and calls `to_environment`; the configured function calls
`from_environment` on the same class.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

NAMESPACE = "modelfleet"
EVENT_SOURCE = "modelfleet"
# Stages that may share prod's account, where a model's metrics have the same names.
_BESIDE_PROD = ("dev", "staging")


def namespace(stage: str) -> str:
    """Return the namespace of a stage's metrics, which keeps the metrics of stages apart.

    Parameters
    ----------
    stage
        The stage's name; prod, and stages outside AWS, use the plain namespace.
    """
    return f"{NAMESPACE}/{stage}" if stage in _BESIDE_PROD else NAMESPACE


def drift_namespace(stage: str) -> str:
    """The namespace of a stage's drift metrics.

    IAM limits a role to a namespace, not to a metric: in the namespace of serving metrics, which
    releases are judged by, drift functions could put those too.
    """
    return f"{namespace(stage)}/drift"


class SettingsError(Exception):
    """An environment variable is missing or invalid."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base class of all settings: field `lake_bucket` is variable `MODELFLEET_LAKE_BUCKET`."""

    stage: str

    def to_environment(self) -> dict[str, str]:
        """Return the environment variables that configure a function with these settings."""
        return {variable(f.name): _text(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings of the running function.

        Raises
        ------
        SettingsError
            If a variable is missing or does not have its field's type.
        """
        source = os.environ if environment is None else environment
        return cls(**{f.name: _parse(f.name, f.type, source) for f in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class PredictSettings(Settings):
    """Settings of a predict function.

    `details_enabled` adds the invalid fields and violated rules to error responses.
    `allowed_origins` are the origins that browsers may call from, separated by spaces; `*` allows
    all. `signing_keys` is the ARN of the secret with the keys that sign prediction IDs. Without
    Secrets Manager, as in tests, it is the key itself after `key:`.
    """

    model: str
    artifacts_bucket: str
    lake_bucket: str
    signing_keys: str
    refresh_seconds: float
    maximum_body_bytes: int
    docs_enabled: bool
    details_enabled: bool
    allowed_origins: str


@dataclass(frozen=True, kw_only=True)
class PretrafficSettings(Settings):
    """Settings of a pre-traffic function; `version` is the predict function's version to check."""

    model: str
    artifacts_bucket: str
    version: str


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Settings):
    """Settings of the train function. `tracking_uri` is MLflow's database."""

    lake_bucket: str
    artifacts_bucket: str
    tracking_uri: str
    database_iam_authentication: bool


@dataclass(frozen=True, kw_only=True)
class SchemaSettings(Settings):
    """Settings of the schema function: the database URI of the tables' owner, and their user."""

    owner_uri: str
    user: str


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings(Settings):
    """Settings of the release function, with the stage's default release plan.

    `shares` are shares of the traffic, separated by spaces; `predict_alias` is the alias through
    which callers invoke the predict functions.
    """

    artifacts_bucket: str
    lake_bucket: str
    predict_alias: str
    shares: str
    wait_seconds: int
    minimum_predictions: int
    waits_maximum: int
    without_traffic: str
    approval_hours: int
    approval_reminder_hours: int
    lock_wait_seconds: int


@dataclass(frozen=True, kw_only=True)
class CapturesSettings(Settings):
    """Settings of the captures function.

    `forward_metrics` makes it send measurements to CloudWatch, for engines that do not extract them
    from the log. `signing_keys` is that of the predict functions, which seal sensitive values.
    """

    delivery_stream: str
    signing_keys: str
    forward_metrics: bool


@dataclass(frozen=True, kw_only=True)
class MetricsSettings(Settings):
    """Settings of the metrics function, which only needs its stage."""


@dataclass(frozen=True, kw_only=True)
class BatchSettings(Settings):
    """Settings of the batch function."""

    lake_bucket: str
    artifacts_bucket: str


@dataclass(frozen=True, kw_only=True)
class DriftSettings(Settings):
    """Settings of a drift function."""

    model: str
    lake_bucket: str
    artifacts_bucket: str


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings(Settings):
    """Settings of the console.

    `console_url` is the console's address in a browser. `pool_url` is where the user pool publishes
    its OpenID Connect metadata, `sign_in_url` the address of its sign-in pages, and `client_id` the
    console's ID there. `sign_in_links` accepts links that were signed with the signing key.
    `release_function` is a name, and `retraining_machine` an ARN.
    """

    artifacts_bucket: str
    lake_bucket: str
    signing_keys: str
    console_url: str
    pool_url: str
    sign_in_url: str
    client_id: str
    sign_in_links: bool
    release_function: str
    retraining_machine: str


def variable(field: str) -> str:
    """Return the environment variable of a settings field."""
    return f"MODELFLEET_{field.upper()}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parse(name: str, kind: Any, source: Mapping[str, str]) -> Any:
    try:
        text = source[variable(name)]
        return _PARSERS[kind if isinstance(kind, str) else kind.__name__](text)
    except KeyError as error:
        raise SettingsError(f"environment variable {variable(name)} is not set") from error
    except ValueError as error:
        raise SettingsError(
            f"environment variable {variable(name)} has an invalid value"
        ) from error


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": _boolean,
}
