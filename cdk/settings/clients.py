"""Clients of the API, each with its own keys and limits."""

from collections.abc import Mapping

from pydantic.dataclasses import dataclass

from cdk.settings.values import CONFIG, AtLeastOne, AtLeastOneOrNone

DEFAULT_CLIENT = "default"


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Throttle:
    """Limits of a client of the API."""

    requests_per_second: AtLeastOne
    """The rate that is allowed permanently."""

    burst: AtLeastOne
    """Requests that may exceed the rate for a moment."""

    requests_per_month: AtLeastOneOrNone = None
    """The quota; 0 is unlimited."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class ClientSettings:
    """What a stage sets for a client; `throttle` has what it leaves out."""

    requests_per_second: AtLeastOne | None = None
    """The client's own rate."""

    burst: AtLeastOne | None = None
    """The client's own burst."""

    requests_per_month: AtLeastOne | None = None
    """The client's own quota."""

    report_outcomes: bool = False
    """Whether the client may report outcomes of its predictions, which decide about models."""


def client_limits(throttle: Throttle, clients: Mapping[str, ClientSettings]) -> dict[str, Throttle]:
    """Return the limits of each client; the command `fleet` calls the API as client `default`."""
    return {
        name: Throttle(
            requests_per_second=own.requests_per_second or throttle.requests_per_second,
            burst=own.burst or throttle.burst,
            requests_per_month=own.requests_per_month or throttle.requests_per_month,
        )
        for name, own in ({DEFAULT_CLIENT: ClientSettings()} | dict(clients)).items()
    }
