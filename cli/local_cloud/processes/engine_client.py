"""How clients of any kind address the engine."""

import boto3

REGION = "us-east-1"
ACCOUNT = "0" * 12
# MiniStack accepts this key pair as its root user.
CREDENTIAL = "test"


def client_environment(endpoint: str) -> dict[str, str]:
    """Environment variables that make any AWS client talk to the engine and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Opts out of the telemetry of MLflow and others.
        "DO_NOT_TRACK": "true",
    }


def root_session() -> boto3.session.Session:
    """A session of the engine's root user; functions act as their own roles."""
    return boto3.session.Session(
        aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL, region_name=REGION
    )
