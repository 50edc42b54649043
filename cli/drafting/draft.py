"""Everything that a new model's folder is written from."""

from dataclasses import dataclass
from pathlib import Path

from cli.output.console import step
from modelfleet.drafting.expect import declared, expect
from modelfleet.drafting.generator import fit_generator, generated_rows
from modelfleet.drafting.plan import TablePlan
from modelfleet.drafting.rows import typed_rows
from modelfleet.drafting.settings import SpecSettings, settle
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.sampling.generator import RowGenerator
from modelfleet.spec.features import Column
from modelfleet.tables.reader import Cells, read_cells


@dataclass(frozen=True)
class Inspected:
    """A table and what is planned for it."""

    cells: Cells
    plan: TablePlan


@dataclass(frozen=True)
class ModelDraft:
    """The plan, what the spec declares beside its columns, and the generator of rows."""

    plan: TablePlan
    settings: SpecSettings
    generator: RowGenerator

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
    """Fit the generator, measure what a plain model reaches, and choose limits by it."""
    plan = inspected.plan
    with step("describe the columns for generated rows"):
        rows = typed_rows(inspected.cells, plan)
        generator = fit_generator(plan, rows)
    with step("measure a plain model on the table and on generated rows"):
        expected = expect(plan, rows)
        generated = expect(plan, generated_rows(generator, plan, len(rows)))
        return ModelDraft(plan, settle(plan, rows, expected, generated), generator)
