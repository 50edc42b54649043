"""`fleet up`, `fleet down`, `fleet ui`: the local cloud."""

import json
import os
import subprocess
import sys
import webbrowser
from typing import Annotated

import typer

from cli.cloud import Cloud
from cli.commands.status import describe
from cli.console import answer, answer_json, say
from cli.errors import FleetError
from cli.local_cloud import up as local
from cli.local_cloud.engine import is_healthy
from cli.local_cloud.layout import Layout
from cli.local_cloud.ports import LOOPBACK, free_port
from cli.local_cloud.record import read_record
from cli.options import JsonOption
from models.catalogue import find, names

_UI_PORT = 5000


def up(as_json: JsonOption = False) -> None:
    """Start the local cloud, deploy the app, train every model, and wait until all answer.

    Example: fleet up
    """
    cloud = local.up(Layout())
    if as_json:
        answer_json(describe(cloud))
        return
    _greet(cloud)


def down() -> None:
    """Stop the local cloud; its data is kept for the next `fleet up`.

    Example: fleet down
    """
    stopped = local.down(Layout())
    say("the local cloud is stopped" if stopped else "the local cloud was not running")


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = _UI_PORT,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
) -> None:
    """Open MLflow's own web interface on the local database, until Ctrl-C.

    Example: fleet ui --no-browser --port 5001
    """
    record = read_record(Layout())
    if record is None or not is_healthy(record):
        raise FleetError("the local cloud does not run; start it with: make up")
    port = free_port(port)
    say(f"MLflow listens on http://{LOOPBACK}:{port}  (Ctrl-C ends it)")
    if browser:
        webbrowser.open(f"http://{LOOPBACK}:{port}")
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--backend-store-uri", record.tracking_uri]
    command += ["--host", LOOPBACK, "--port", str(port)]
    raise typer.Exit(_until_interrupt(command, record.endpoint))


def _until_interrupt(command: list[str], endpoint: str) -> int:
    environment = os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "MLFLOW_S3_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    with subprocess.Popen(command, env=environment) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 0


def _greet(cloud: Cloud) -> None:
    model = names()[0]
    body = json.dumps(find(model).features.example())
    answer(f"\nAPI  {cloud.api_url}\nkey  {cloud.api_key}\n\nTry:\n")
    answer(
        f"curl -s {cloud.api_url}/{model}/predict \\\n"
        f"  -H 'x-api-key: {cloud.api_key}' -H 'content-type: application/json' \\\n"
        f"  -d '{body}'\n"
    )
    answer("fleet status · fleet retrain MODEL --wait · fleet ui · make down")
