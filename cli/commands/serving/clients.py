"""`fleet clients`: show the API's clients, and set who may report outcomes."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.clients.deployed import Client, deployed_clients
from cli.clients.stage_file import permit_reports
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, StageOption
from cli.local_cloud.layout import REPOSITORY
from cli.output.console import answer, answer_json, answer_table

app = typer.Typer(no_args_is_help=True, help="Show the API's clients, and who may report outcomes.")

_COLUMNS = ("client", "key ID", "per second", "burst", "per month", "reports outcomes")


@app.command("list")
def list_clients(stage: StageOption = Stage.LOCAL, as_json: JsonOption = False) -> None:
    """List the deployed clients with their limits and permissions.

    Example: fleet clients list --stage dev
    """
    found = deployed_clients(Cloud.connect(stage))
    if as_json:
        answer_json([asdict(each) for each in found])
        return
    answer_table(_COLUMNS, [_row(each) for each in found])


@app.command("set")
def set_client(
    client: Annotated[str, typer.Argument(help="Name of the client; `fleet` calls as `default`.")],
    outcomes: Annotated[
        bool, typer.Option("--outcomes/--no-outcomes", help="May it report outcomes?")
    ],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Set whether a client may report outcomes, in the stage's file.

    Outcomes decide about retrainings and rollbacks. The setting takes effect with the next
    deployment, so that it is reviewed like every other setting.

    Example: fleet clients set acme --outcomes --stage prod
    """
    changed = permit_reports(REPOSITORY / "stages" / f"{stage}.toml", client, outcomes)
    if as_json:
        answer_json({"client": client, "report_outcomes": outcomes, "changed": changed})
        return
    may = "may" if outcomes else "may not"
    if not changed:
        answer(f"unchanged: {client} {may} report outcomes in stage {stage}")
        return
    deploy = "fleet up" if stage is Stage.LOCAL else f"make deploy STAGE={stage}"
    answer(f"stages/{stage}.toml: {client} {may} report outcomes; deploy it with `{deploy}`")


def _row(client: Client) -> tuple[str, ...]:
    limits = (client.requests_per_second, client.burst, client.requests_per_month)
    shown = ("unlimited" if each is None else f"{each:,.10g}" for each in limits)
    return (client.name, client.key_id, *shown, "yes" if client.report_outcomes else "no")
