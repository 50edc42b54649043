"""Builds the schema function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

import os

from modelfleet.settings import SchemaSettings


def upgrade_schema() -> None:
    """Upgrade the registry's tables to the installed version of MLflow."""
    settings = SchemaSettings.from_environment()
    # MLflow reads this when it is imported.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    from modelfleet.adapters.aws.database_token import sign_in_with_tokens
    from modelfleet.adapters.mlflow_schema import grant_rows
    from modelfleet.adapters.mlflow_schema import upgrade_schema as run

    stop_signing_in = sign_in_with_tokens(settings.owner_uri)
    try:
        run(settings.owner_uri)
        grant_rows(settings.owner_uri, settings.user)
    finally:
        stop_signing_in()
