"""Interface of the model registry's database."""

from typing import Protocol

from aws_cdk import aws_iam

from cdk.shared.isolated_network import IsolatedNetwork


class Registry(Protocol):
    """What a function needs to reach the database."""

    @property
    def tracking_uri(self) -> str:
        """URI of the database for MLflow."""
        ...

    @property
    def owner_uri(self) -> str | None:
        """URI for the owner of the tables; `None` if deployments do not upgrade them."""
        ...

    @property
    def network(self) -> IsolatedNetwork | None:
        """Network of the database; `None` if it has none."""
        ...

    def grant_connect(self, grantee: aws_iam.IGrantable) -> None:
        """Allow a function to connect as MLflow's user."""
        ...

    def grant_own(self, grantee: aws_iam.IGrantable) -> None:
        """Allow a function to connect as the owner of the tables."""
        ...


class EmbeddedRegistry:
    """A database next to the local engine, without access control."""

    owner_uri: str | None = None
    network: IsolatedNetwork | None = None

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri

    def grant_connect(self, grantee: aws_iam.IGrantable) -> None:
        """Do nothing."""

    def grant_own(self, grantee: aws_iam.IGrantable) -> None:
        """Do nothing."""
