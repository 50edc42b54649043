"""Where the model registry's database is, and how a function reaches it."""

from typing import Protocol

from aws_cdk import aws_iam

from cdk.shared.isolated_network import IsolatedNetwork


class Registry(Protocol):
    """What a function that logs runs must know."""

    @property
    def tracking_uri(self) -> str:
        """MLflow's address of the database."""
        ...

    @property
    def network(self) -> IsolatedNetwork | None:
        """The network that the database is reached in; `None` where there is none."""
        ...

    def grant_connect(self, grantee: aws_iam.IGrantable) -> None:
        """Let a function in."""
        ...


class EmbeddedRegistry:
    """A database beside the local engine, which its own address lets in."""

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri
        self.network: IsolatedNetwork | None = None

    def grant_connect(self, grantee: aws_iam.IGrantable) -> None:
        """Nothing is needed."""
