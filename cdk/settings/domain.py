"""A custom domain for the API, if the stage has one."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CustomDomain:
    """A domain and its certificate, which must be in the API's Region."""

    name: str
    certificate_arn: str

    hosted_zone_id: str | None = None
    """The Route 53 zone that gets the DNS record; `None` leaves DNS to the owner of the domain."""
