"""`fleet ui`: MLflow's web interface."""

import webbrowser
from contextlib import ExitStack, suppress
from typing import Annotated

import typer

from cli.commands.options import JsonOption
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.liveness import require_answering
from cli.local_cloud.processes.mlflow_ui import mlflow_ui, run_address, runs_address
from cli.local_cloud.processes.ports import LOOPBACK, free_port
from cli.output.console import answer_json_line, say, step, warn
from modelfleet.catalogue import names

_PORT = 5000


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = _PORT,
    run: Annotated[
        str | None, typer.Option(help="Open this training run, as named on a model card.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Serve MLflow's web interface on the local database.

    It opens on the training runs of every model, or on one of them.

    Example: fleet ui --no-browser --port 5001
    """
    layout = Layout()
    record = require_answering(layout)
    wanted, port = port, free_port(port)
    if port != wanted:
        warn(f"port {wanted} is in use; serving on port {port}")
    with step("start MLflow's interface"):
        served = ExitStack()
        server = served.enter_context(mlflow_ui(layout, record, port))
    with served:
        address = run_address(port, run) if run else runs_address(port, names())
        if as_json:
            # At once, because the command only ends with Ctrl-C.
            answer_json_line({"url": address})
        say(f"MLflow is running on {address} (press Ctrl-C to stop it)")
        say(f"a browser that does not find this host opens {LOOPBACK}:{port}", style="dim")
        if browser:
            webbrowser.open(address)
        with suppress(KeyboardInterrupt):
            server.wait()
