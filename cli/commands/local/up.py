"""`fleet up`, `fleet down`, `fleet ui`: the local cloud."""

import json
import shlex
import webbrowser
from contextlib import ExitStack, suppress
from typing import Annotated

import typer

from cli import up as local
from cli.cloud import Cloud
from cli.commands.operations.status import describe
from cli.commands.options import JsonOption
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.liveness import require_answering
from cli.local_cloud.processes.mlflow_ui import tracking_ui
from cli.local_cloud.processes.ports import LOOPBACK, free_port
from cli.output.console import answer, answer_json, say, step
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
    layout = Layout()
    record = require_answering(layout)
    port = free_port(port)
    with step("start MLflow's interface"):
        served = ExitStack()
        server = served.enter_context(tracking_ui(layout, record, port))
    with served:
        address = f"http://{LOOPBACK}:{port}"
        say(f"MLflow listens on {address}  (Ctrl-C ends it)")
        if browser:
            webbrowser.open(address)
        with suppress(KeyboardInterrupt):
            server.wait()


def _greet(cloud: Cloud) -> None:
    model = names()[0]
    # Its names and values are a table's, and the line is there to be pasted into a shell.
    body = shlex.quote(json.dumps(find(model).features.example()))
    answer("", f"API  {cloud.api_url}", f"key  {cloud.api_key}", "", "Try:", "")
    answer(
        f"curl -s {cloud.api_url}/{model}/predict \\",
        f"  -H 'x-api-key: {cloud.api_key}' -H 'content-type: application/json' \\",
        f"  -d {body}",
        "",
    )
    answer("fleet status · fleet retrain MODEL --wait · fleet ui · make down")
