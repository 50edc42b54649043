"""An S3 server on the loopback interface, in its own process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import httpx
from obstore.auth.boto3 import Boto3CredentialProvider

from benchmarks.fleet_model import Retraining
from benchmarks.sides import BUCKET, CREDENTIAL, REGION
from benchmarks.usual_model import log_usual_model
from cli.local_cloud.processes.ports import LOOPBACK, free_port
from modelfleet.adapters.object_store import s3_store
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_START_SECONDS = 60.0
_PORT = 5566


@contextmanager
def s3_of(retraining: Retraining) -> Iterator[str]:
    """Serve a released model, as a bundle and as an MLflow model, and yield the server's URL."""
    port = free_port(_PORT)
    endpoint = f"http://{LOOPBACK}:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--host", LOOPBACK, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_up(process, endpoint)
        bucket = _bucket(endpoint)
        _copy(retraining.artifacts, bucket)
        log_usual_model(retraining, bucket)
        yield endpoint
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_up(process: "subprocess.Popen[bytes]", endpoint: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx.get(f"{endpoint}/moto-api/data.json")
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _bucket(endpoint: str) -> ObjectStore:
    session = boto3.session.Session(CREDENTIAL, CREDENTIAL, region_name=REGION)
    session.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
    credentials = Boto3CredentialProvider(session)
    return s3_store(BUCKET, endpoint=endpoint, region=REGION, credential_provider=credentials)


def _copy(artifacts: ObjectStore, bucket: ObjectStore) -> None:
    for folder in (keys.MODELS, keys.RELEASES):
        for key in artifacts.keys(folder):
            bucket.put(key, artifacts.get(key).content)
