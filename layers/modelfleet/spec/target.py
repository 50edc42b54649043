"""The column that a model predicts."""

from modelfleet.spec.document import Frozen


class Target(Frozen, arbitrary_types_allowed=True):
    """The column to predict. A regression target outside the range is a junk row.

    `labels` are the classes as files spell them. Of two they are the negative and the positive one,
    and only needed where those are not 0 and 1, no and yes, or false and true. Of more than two
    they name every class that there may be, and answers name them so too; there are at most 50.
    """

    column: str
    description: str
    labels: tuple[str, ...] | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
