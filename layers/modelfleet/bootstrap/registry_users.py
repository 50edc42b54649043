"""Builds the function that creates the registry's database users."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Constant, so that CloudFormation never treats an update as a replacement.
PHYSICAL_ID = "mlflow"
# Reserved for the response to CloudFormation after the last attempt.
_ANSWER_SECONDS = 10.0


def make_users(properties: Mapping[str, str], seconds: float) -> None:
    """Create the users in the database of a resource's properties; idempotent.

    Raises
    ------
    CallError
        If that does not succeed within the given seconds.
    """
    from modelfleet.adapters.aws.data_api import LONGEST_CALL_SECONDS, DataApi, data_api_client
    from modelfleet.registry.database_users import create_users
    from modelfleet.storage.patience import until_done

    database = DataApi(
        data_api_client(),
        cluster_arn=properties["ClusterArn"],
        secret_arn=properties["SecretArn"],
        database=properties["Database"],
    )
    statement = create_users(properties["Owner"], properties["User"])
    until_done(
        lambda: database.execute(statement),
        seconds=seconds - LONGEST_CALL_SECONDS - _ANSWER_SECONDS,
        clock=time.monotonic,
        pause=time.sleep,
    )
