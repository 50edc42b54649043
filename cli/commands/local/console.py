"""`fleet console`: the console in the browser."""

import webbrowser
from typing import Annotated

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, StageOption
from cli.console.links import sign_in_link
from cli.output.console import answer, answer_json
from modelfleet.console.access.role import Role
from modelfleet.resource_names import Output


def console(
    role: Annotated[
        Role, typer.Option("--as", help="Role to sign in with; local stage only.")
    ] = Role.ADMIN,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Open the console; the local one is opened signed in.

    The local link works once, within a minute.

    Example: fleet console --as viewer
    """
    cloud = Cloud.connect(stage)
    address = cloud.output(Output.CONSOLE_URL)
    link = sign_in_link(cloud, role) if stage is Stage.LOCAL else address
    if as_json:
        answer_json({"console_url": address, "url": link})
    elif not (browser and webbrowser.open(link)):
        answer(link)
