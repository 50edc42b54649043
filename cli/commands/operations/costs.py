"""`fleet costs`: estimate a stage's monthly costs."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli import templates
from cli.cloud import Stage
from cli.commands.options import JsonOption
from cli.costs.estimate import estimate
from cli.costs.line import CostLine, allowances
from cli.costs.usage import Usage
from cli.output.console import answer, answer_json, answer_table, step
from cli.output.errors import FleetError
from modelfleet.catalogue import names
from modelfleet.prices import PRICES_READ, REGION

_COLUMNS = ("part", "item", "quantity", "USD per unit", "USD idle", "USD")
_FEW = 100


def costs(
    stage: Annotated[Stage, typer.Option("--stage", help="Deployment to price.")] = (Stage.PROD),
    predictions: Annotated[
        float, typer.Option("--predictions", min=0, help="Single predictions per month, e.g. 1e6.")
    ] = 0.0,
    models: Annotated[
        int | None, typer.Option("--models", min=1, help="Number of models. Default: the fleet's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate a stage's monthly AWS bill.

    Prices are AWS's published ones. Quantities are read from the templates that would be deployed;
    --json also prints the assumptions about usage. Nothing is deployed, and no AWS account is
    needed.

    Example: fleet costs --stage prod --predictions 1e6 --models 4
    """
    if stage is Stage.LOCAL:
        raise FleetError("stage local has no AWS costs; choose another stage with --stage")
    number = models or len(names())
    with step(f"synthesize the templates of stage {stage} with {number} models"):
        found = templates.synthesize(stage, number)
    usage = Usage(predictions=predictions)
    lines = estimate(found, usage)
    if as_json:
        answer_json(_document(found, usage, lines))
        return
    paid = [line for line in lines if line.quantity]
    answer_table(_COLUMNS, [*map(_row, paid), *_totals(lines)])
    answer(
        f"{number} models, {predictions:,.0f} predictions per month, evenly spread; prices in "
        f"{REGION} as of {PRICES_READ}; idle: without any traffic"
    )


def chosen_idle_usd(lines: list[CostLine]) -> float:
    """Idle costs that the stage's settings opt into: the web firewall and SnapStart."""
    return sum(line.idle_usd for line in lines if line.chosen)


def _totals(lines: list[CostLine]) -> list[tuple[str, ...]]:
    idle, total = sum(line.idle_usd for line in lines), sum(line.usd for line in lines)
    free_idle, free = allowances(lines, idle=True), allowances(lines, idle=False)
    chosen = chosen_idle_usd(lines)
    rows = {
        "at list prices": (idle, total),
        "free units of the account": (-free_idle, -free),
        "to pay": (idle - free_idle, total - free),
    }
    if chosen:
        rows["… without firewall and SnapStart"] = (
            idle - free_idle - chosen,
            total - free - chosen,
        )
    return [("total", what, "", "", *map(_usd, sums)) for what, sums in rows.items()]


def _row(line: CostLine) -> tuple[str, ...]:
    return (
        line.part,
        line.what,
        f"{_quantity(line.quantity)} {line.price.unit}",
        f"{line.price.usd:.10f}".rstrip("0").rstrip("."),
        _usd(line.idle_usd),
        _usd(line.usd),
    )


def _quantity(value: float) -> str:
    return f"{value:,.0f}" if value >= _FEW else f"{value:,.2f}"


def _usd(value: float) -> str:
    return f"{value:.2f}"


def _document(found: templates.Deployed, usage: Usage, lines: list[CostLine]) -> dict[str, Any]:
    return {
        "stage": found.stage,
        "models": found.models,
        "region": REGION,
        "prices_read": PRICES_READ,
        "lines": [line.document() for line in lines],
        "idle_usd": sum(line.idle_usd for line in lines),
        "usd": sum(line.usd for line in lines),
        "free_idle_usd": allowances(lines, idle=True),
        "free_usd": allowances(lines, idle=False),
        "idle_by_choice_usd": chosen_idle_usd(lines),
        "assumed": asdict(usage),
    }
