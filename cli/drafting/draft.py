"""Draft of a new model, from which its folder is written."""

from dataclasses import dataclass
from pathlib import Path

from cli.output.console import step
from modelfleet.drafting.expect import declared, expect
from modelfleet.drafting.generator import fit_generator, generated_rows
from modelfleet.drafting.plan import TablePlan
from modelfleet.drafting.rows import typed_rows
from modelfleet.drafting.sample import sampled
from modelfleet.drafting.settings import SpecSettings, settle
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.sampling.generator import RowGenerator
from modelfleet.spec.features import Column
from modelfleet.tables.reader import Cells, read_cells


@dataclass(frozen=True)
class Inspected:
    """A table and the plan of its model."""

    cells: Cells
    plan: TablePlan


@dataclass(frozen=True)
class ModelDraft:
    """Plan of a model, the other settings of its spec, and its row generator."""

    plan: TablePlan
    settings: SpecSettings
    generator: RowGenerator

    @property
    def columns(self) -> tuple[Column, ...]:
        """Features, as declared by the spec."""
        return tuple(map(declared, self.plan.features))


def inspect(table: Path, request: PlanRequest) -> Inspected:
    """Read a table and plan its model.

    Raises
    ------
    DatasetError
        If no model can be trained on the table.
    """
    with step(f"read {table}"):
        cells = sampled(read_cells(table, request.reading, known=[request.target]))
    with step("analyze the columns"):
        return Inspected(cells, plan_table(cells, request))


def draft(inspected: Inspected) -> ModelDraft:
    """Fit the generator, measure a baseline model, and derive the gate's limits."""
    plan = inspected.plan
    with step("fit the generator of rows"):
        rows = typed_rows(inspected.cells, plan)
        generator = fit_generator(plan, rows)
    with step("measure a baseline model on the table and on generated rows"):
        expected = expect(plan, rows)
        generated = expect(plan, generated_rows(generator, plan, len(rows)))
        return ModelDraft(plan, settle(plan, rows, expected, generated), generator)
