"""`fleet up` and `fleet down`: start and stop the local cloud."""

import json
import shlex

from cli import up as startup
from cli.cloud import Cloud
from cli.commands.operations.status import describe
from cli.commands.options import JsonOption
from cli.console.people import read_passwords
from cli.local_cloud import lifecycle
from cli.local_cloud.layout import Layout
from cli.output.console import answer, answer_json, say
from cli.output.errors import keeps_running
from modelfleet.catalogue import find
from modelfleet.resource_names import Output


def up(as_json: JsonOption = False) -> None:
    """Start the local cloud with every model trained and ready.

    Starts it, deploys the app, loads the tables of new models, trains and releases models without a
    champion, and waits until all are ready. Whatever has been done before is skipped. A model that
    cannot be trained does not keep the others from serving; the exit code is then 1.

    Example: fleet up
    """
    left = (
        "interrupted; the local cloud keeps running, and so do retrainings that were started\n"
        "continue with `fleet up`, or stop it with `fleet down`"
    )
    with keeps_running(left):
        fleet = startup.up(Layout())
    if not as_json and fleet.serving:
        _greet(fleet.cloud, fleet.serving[0])
    fleet.require_sound()
    if as_json:
        answer_json(describe(fleet.cloud))


def down(as_json: JsonOption = False) -> None:
    """Stop the local cloud and keep its data.

    Example: fleet down
    """
    stopped = lifecycle.stop(Layout())
    if as_json:
        answer_json({"stopped": stopped})
        return
    say("the local cloud is stopped" if stopped else "the local cloud was not running")


def _greet(cloud: Cloud, model: str) -> None:
    # The line is pasted into a shell, and its names and values come from a user's table.
    body = shlex.quote(json.dumps(find(model).features.example()))
    answer("", f"API      {cloud.api_url}", f"key      {cloud.api_key}")
    answer(f"console  {cloud.output(Output.CONSOLE_URL)}")
    for role, password in read_passwords(Layout()).items():
        answer(f"         {role:<8} {password}")
    answer("", "Try:", "")
    answer(
        f"curl -s {cloud.api_url}/{model}/predict \\",
        f"  -H 'x-api-key: {cloud.api_key}' -H 'content-type: application/json' \\",
        f"  -d {body}",
        "",
    )
    answer("fleet status · fleet console · fleet retrain MODEL --wait · fleet ui · make down")
