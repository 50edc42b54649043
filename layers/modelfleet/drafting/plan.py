"""The plan of a model: each column's role, with its reason."""

from enum import StrEnum

from modelfleet.spec.document import Frozen
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Task
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.table_format import PLAIN, TableFormat


class Role(StrEnum):
    """What becomes of a column."""

    FEATURE = "feature"
    TARGET = "target"
    TIME = "time"
    DROPPED = "dropped"
    EMPTY = "empty"
    CONSTANT = "constant"
    PERSONAL = "personal data"
    IDENTIFIER = "identifier"
    LEAK = "leak"
    AFTERWARDS = "known afterwards"
    DATE = "date"
    TEXT = "text"

    @property
    def is_left_out(self) -> bool:
        """Whether the model never sees it."""
        return self not in (Role.FEATURE, Role.TARGET, Role.TIME)


class ColumnPlan(Frozen):
    """One column of the table.

    `field` is its name as a Python class may have it, where it is a feature; the column's own name
    becomes an alias where the two differ. `categories` are empty for numbers and open categories.
    `alone` is the ROC AUC, or R², that the column reaches by itself. `missing_words` and
    `value_words` are what the user says about words in the file.
    """

    name: str
    role: Role
    reason: str
    values: int
    missing_share: float
    field: str | None = None
    title: str = ""
    unit: str | None = None
    kind: ColumnKind | None = None
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    example: str | int | float | None = None
    alone: float | None = None
    missing_words: tuple[str, ...] = ()
    value_words: tuple[str, ...] = ()

    @property
    def alias(self) -> str | None:
        """The column's own name, where the field has another."""
        return self.name if self.field != self.name else None

    @property
    def nullable(self) -> bool:
        """Whether it may be left out."""
        return self.missing_share > 0


class TargetPlan(Frozen):
    """The column to predict.

    `negative` and `positive` are how this file spells the two classes; `labels` are both where a
    spec must say so, or every class of more than two. `shares` are of those, in their order.
    """

    column: str
    task: Task
    reason: str
    labels: tuple[str, ...] | None = None
    shares: tuple[float, ...] = ()
    negative: str | None = None
    positive: str | None = None
    positive_share: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """How this file spells each class, in the order of its number; none where it has none."""
        return self.labels or tuple(filter(None, (self.negative, self.positive)))


class TablePlan(Frozen):
    """The whole table: `rows` have an outcome, `rows_without` have none.

    `days` are the first and the last on which rows happened, where a time is named. `format` is how
    the file and its columns were read.
    """

    model: str
    source: str
    rows: int
    rows_without: int
    target: TargetPlan
    columns: tuple[ColumnPlan, ...]
    time: TimeColumn | None = None
    days: tuple[str, str] | None = None
    format: TableFormat = PLAIN
    warnings: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.target.task

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of more than two classes; else none."""
        return self.task.kind.classes(self.target.labels)

    @property
    def features(self) -> tuple[ColumnPlan, ...]:
        """The columns that the model sees."""
        return self.of(Role.FEATURE)

    def of(self, *roles: Role) -> tuple[ColumnPlan, ...]:
        """The columns with one of these parts, in the table's order."""
        return tuple(column for column in self.columns if column.role in roles)
