"""Plan of a model: the role of each column, and the reason for it."""

from enum import StrEnum

from modelfleet.spec.document import Frozen
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Task
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.table_format import PLAIN, TableFormat


class Role(StrEnum):
    """Role of a column."""

    FEATURE = "feature"
    TARGET = "target"
    TIME = "time"
    GROUP = "group"
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
        """Whether the column is not used by the model."""
        return self not in (Role.FEATURE, Role.TARGET, Role.TIME, Role.GROUP)


class ColumnPlan(Frozen):
    """Planned role of one column.

    `field` is the Python field name of a feature; if it differs from the column's name, that
    becomes the alias. `categories` is empty for numbers and open categories. `alone` is the ROC
    AUC, or R², of the column on its own. `missing_words` and `value_words` are the user's
    instructions about words in the file.
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
        """The column's name, if the field has a different one."""
        return self.name if self.field != self.name else None

    @property
    def nullable(self) -> bool:
        """Whether values may be missing."""
        return self.missing_share > 0


class TargetPlan(Frozen):
    """Planned target.

    `negative` and `positive` are the two classes as spelled in the file. `labels` are the same two
    if the spec must declare them, or all classes of a multiclass target. `shares` are the shares of
    the classes in `labels`, in order.
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
        """Classes as spelled in the file, in the order of their numbers; empty for regression."""
        return self.labels or tuple(filter(None, (self.negative, self.positive)))


class TablePlan(Frozen):
    """Plan of a table; `rows` counts rows with an outcome, `rows_without` rows without one.

    `group` is the column that says which rows belong together, if there is one. `days` are the
    first and last day in the time column, if there is one. `format` is how the file and its columns
    were read.
    """

    model: str
    source: str
    rows: int
    rows_without: int
    target: TargetPlan
    columns: tuple[ColumnPlan, ...]
    time: TimeColumn | None = None
    group: str | None = None
    days: tuple[str, str] | None = None
    format: TableFormat = PLAIN
    warnings: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """Task of the target."""
        return self.target.task

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of a multiclass target, else empty."""
        return self.task.kind.classes(self.target.labels)

    @property
    def features(self) -> tuple[ColumnPlan, ...]:
        """Columns used by the model."""
        return self.of(Role.FEATURE)

    def of(self, *roles: Role) -> tuple[ColumnPlan, ...]:
        """Return the columns with one of the roles, in the order of the table."""
        return tuple(column for column in self.columns if column.role in roles)
