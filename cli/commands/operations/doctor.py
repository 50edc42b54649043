"""`fleet doctor`: report what an account lacks before anything is created."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.cloud import Stage
from cli.commands.options import JsonOption
from cli.doctor.examine import account_session, deployable, examine
from cli.doctor.finding import Finding, State
from cli.output.console import answer, answer_facts, answer_json, answer_table, step
from cli.output.errors import FleetError, error_document
from cli.templates import synthesize
from modelfleet.catalogue import names


def doctor(
    stage: Annotated[Stage, typer.Option("--stage", help="Stage to be deployed.")] = Stage.DEV,
    as_json: JsonOption = False,
) -> None:
    """Report what the account lacks for deploying a stage.

    Reads the account, this machine, and the templates to be deployed, and creates nothing. The exit
    code is 0 if the stage can be deployed.

    Example: fleet doctor --stage prod
    """
    if stage is Stage.LOCAL:
        raise FleetError("stage local needs no account; start it with `fleet up`")
    with step(f"synthesize the templates of stage {stage}"):
        templates = synthesize(stage, len(names()))
    with step("check the account and this machine"):
        findings = examine(templates, account_session())
    can = deployable(findings)
    fault = None if can else _fault(stage, findings)
    if as_json:
        checks = [asdict(each) for each in findings]
        document = {"stage": str(stage), "deployable": can, "checks": checks}
        answer_json(document | (error_document("failed", fault) if fault else {}))
    else:
        _show(findings)
        if can:
            answer(f"stage {stage} can be deployed: make deploy STAGE={stage}")
    if fault:
        raise FleetError(fault, answered=as_json)


def _show(findings: list[Finding]) -> None:
    answer_table(("check", "state", "found"), [(f.check, str(f.state), f.text) for f in findings])
    fixes = [(each.check, each.fix) for each in findings if each.fix]
    if fixes:
        answer("to fix:")
        answer_facts(fixes)


def _fault(stage: str, findings: list[Finding]) -> str:
    blocked = [each.check for each in findings if each.state is State.BLOCKING]
    if blocked:
        return f"stage {stage} cannot be deployed: {', '.join(blocked)}"
    missing = [each.check for each in findings if each.state is State.UNKNOWN]
    return f"whether stage {stage} can be deployed is unknown: {', '.join(missing)}"
