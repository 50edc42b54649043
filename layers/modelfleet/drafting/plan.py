"""Plan of a model: the role of each column, and the reason for it."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from modelfleet.spec.categories import Unseen
from modelfleet.spec.dates import DateRule
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
    becomes the alias. `categories` is empty for numbers and open categories; `unseen` is what
    happens to values that are not listed, and `None` for numbers. `alone` is the ROC
    AUC, or R², of the column on its own. `missing_words` and `value_words` are the user's
    instructions about words in the file. `date` is set for dates. `sensitive` columns are encrypted
    in logs.
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
    unseen: Unseen | None = None
    example: str | int | float | None = None
    alone: float | None = None
    missing_words: tuple[str, ...] = ()
    value_words: tuple[str, ...] = ()
    date: DateRule | None = None
    sensitive: bool = False

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
    the classes in `labels`, in order. `merge` and `exclude` are those of `modelfleet.spec.Target`:
    rare classes that count as another, and rare classes whose rows are left out. `blank` is the
    class of blank cells, if a file only marks the other one. `zero_share` is the share of zeros of
    a regression target, and `by_mean` says that its models are compared by squared errors.
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
    merge: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    blank: str | None = None
    zero_share: float = 0.0
    by_mean: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        """Classes as spelled in the file, in the order of their numbers; empty for regression."""
        return self.labels or tuple(filter(None, (self.negative, self.positive)))


class Leak(Frozen):
    """Columns that make a plain model suspiciously good, and its score with and without them.

    `reasons` has one sentence per column. Scores are in the task's `power_measure`, on rows that
    the model was not fitted on.
    """

    columns: tuple[str, ...]
    reasons: tuple[str, ...]
    score: float
    without: float


class WarningCode(StrEnum):
    """Topic of a warning about a plan, in the order of what it may cost the model, most first."""

    LEAK = "leak"
    GROUP = "group"
    DUPLICATES = "duplicates"
    MALFORMED_ROWS = "malformed-rows"
    TARGET_WORDS = "target-words"
    RARE_CLASSES = "rare-classes"
    FEW_ROWS = "few-rows"
    SENTINEL = "sentinel"
    WORDS_AMONG_NUMBERS = "words-among-numbers"
    MISSING_WORDS = "missing-words"
    SPELLINGS = "spellings"
    DATES = "dates"
    UNNAMED_COLUMN = "unnamed-column"
    SAMPLE = "sample"


_COSTLIEST_FIRST = list(WarningCode)


class PlanWarning(Frozen):
    """What the user should know, or decide, before a plan is carried out.

    `column` is `None` if the warning concerns the table. `text` names neither the code nor the
    column, and ends with the option that changes the plan, if there is one.
    """

    code: WarningCode
    column: str | None = None
    text: str

    @property
    def line(self) -> str:
        """The warning as one line, including the column's name."""
        return f"column {self.column}: {self.text}" if self.column is not None else self.text


def costliest_first(warnings: Iterable[PlanWarning]) -> tuple[PlanWarning, ...]:
    """Sort warnings by their topic; the sort is stable."""
    return tuple(sorted(warnings, key=lambda warning: _COSTLIEST_FIRST.index(warning.code)))


class TablePlan(Frozen):
    """Plan of a table; `rows` counts rows with an outcome, `rows_without` rows without one.

    `sampled_from` counts all rows of the file, if the plan is of a sample.
    `rows_excluded` counts rows of the target's excluded classes, which are in neither,
    `rows_repeated` rows that repeat another one in all features and the target. `group` is the
    column that says which rows belong together, if there is one. `days` are the first and last day
    in the time column, if there is one. `format` is how the file and its columns were read. `leak`
    are the columns that reveal the target, kept or left out.
    `warnings` are sorted, the costliest first.
    """

    model: str
    source: str
    rows: int
    rows_without: int
    rows_excluded: int = 0
    rows_repeated: int = 0
    sampled_from: int | None = None
    target: TargetPlan
    columns: tuple[ColumnPlan, ...]
    time: TimeColumn | None = None
    group: str | None = None
    days: tuple[str, str] | None = None
    format: TableFormat = PLAIN
    leak: Leak | None = None
    warnings: tuple[PlanWarning, ...] = ()

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
