"""Everything that a new model's folder is written from."""

from dataclasses import dataclass
from pathlib import Path

from cli.output.console import step
from modelfleet.domain.features import Column
from modelfleet.pipelines.cells import Cells, read_cells
from modelfleet.pipelines.infer.expect import declared, expect
from modelfleet.pipelines.infer.imitate import Imitation, imitate
from modelfleet.pipelines.infer.plan import TablePlan
from modelfleet.pipelines.infer.rows import typed_rows
from modelfleet.pipelines.infer.settings import SpecSettings, settle
from modelfleet.pipelines.infer.table import PlanRequest, plan_table


@dataclass(frozen=True)
class Inspected:
    """A table and what is planned for it."""

    cells: Cells
    plan: TablePlan


@dataclass(frozen=True)
class ModelDraft:
    """The plan, what the spec declares beside its columns, and what the generator knows."""

    plan: TablePlan
    settings: SpecSettings
    imitation: Imitation

    @property
    def columns(self) -> tuple[Column, ...]:
        """The features as the spec will declare them."""
        return tuple(map(declared, self.plan.features))


def inspect(table: Path, request: PlanRequest) -> Inspected:
    """Read a table and plan its model.

    Raises
    ------
    DatasetError
        If the table cannot become a model; one line that says why.
    """
    with step(f"read {table}"):
        cells = read_cells(table)
    with step("look at each column"):
        return Inspected(cells, plan_table(cells, request))


def draft(inspected: Inspected) -> ModelDraft:
    """Measure what a plain model reaches, choose limits by it, and fit the generator."""
    plan = inspected.plan
    with step("see what a plain model reaches"):
        rows = typed_rows(inspected.cells, plan)
        settings = settle(plan, rows, expect(plan, rows))
    with step("learn to imitate the table"):
        return ModelDraft(plan, settings, imitate(plan, rows, settings.expected))
