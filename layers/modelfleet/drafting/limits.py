"""Thresholds for leaving out columns and rejecting tables."""

from modelfleet.spec.categories import CATEGORY_LENGTH
from modelfleet.spec.data_limits import DataLimits

# Fewer rows leave too few on the sides of the 60/20/20 split; see `modelfleet.datasets.split`.
ROWS_MINIMUM = 50
CLASS_ROWS_MINIMUM = 20
# Below these, the intervals of metrics are wide, and the plan says so.
FEW_ROWS, FEW_ROWS_OF_CLASS = 200, 60
# A plan is made of a sample of a larger table, but of at least so many rows of a wide one.
PLANNED_ROWS_MAXIMUM = 100_000
PLANNED_CELLS_MAXIMUM = 4_000_000
PLANNED_ROWS_MINIMUM = 2_000
# Plain models are fitted on the most related columns of a wide table; trees on thousands of columns
# take minutes.
FITTED_COLUMNS_MAXIMUM = 200
# The more classes there are, the more likely one of them has too few rows on a side.
MANY_CLASSES, CLASS_ROWS_MINIMUM_OF_MANY = 10, 30
# A target of whole numbers with fewer distinct values may be a class label.
REGRESSION_VALUES_MINIMUM = 11
# With this many values, of which those at the ends are rare, it is a score or a count.
SCORE_VALUES_MINIMUM = 6


def class_rows_minimum(classes: int) -> int:
    """Return how many rows each class needs."""
    return CLASS_ROWS_MINIMUM_OF_MANY if classes > MANY_CLASSES else CLASS_ROWS_MINIMUM


# Columns with this share of unique values identify rows; from half on, texts carry no signal.
UNIQUE_SHARE = 0.95
MOSTLY_UNIQUE_SHARE = 0.5
# At or above this share of unique values, a name such as `id` marks an identifier.
NAMED_IDENTIFIER_SHARE = 0.5
# A value that differs in so few rows is nothing to learn from.
CONSTANT_SHARE = 0.999
CONSTANT_ROWS = 2
# With more gaps, a single value may be a flag, whose other value the file leaves blank.
CONSTANT_GAPS = 0.05
EMPTY_SHARE = DataLimits().missing_share.fail or 1.0
# Models compute in float32, whose maximum is 3.4e38, and a declared range is up to three times as
# wide as the values.
NUMBER_MAXIMUM = 1e38
# At or above this share of numbers, words in a column may stand for missing values.
MOSTLY_NUMBERS_SHARE = 0.5
# Share of these words that must be among the five most frequent ones.
FEW_WORDS_SHARE = 0.5

# Categories are listed in the spec if each has enough rows not to identify a person. Of a few, all
# of which are listed, an unlisted value is likely an error; of many or rare ones, it is likely new.
CLOSED_CATEGORIES_MAXIMUM = 12
LISTED_CATEGORIES_MAXIMUM = 50
CATEGORY_ROWS_MINIMUM = 5
# Texts with at least so many words, on average, are sentences.
SENTENCE_WORDS = 4
TEXT_LENGTH_MAXIMUM = CATEGORY_LENGTH

LEAKAGE = DataLimits().leakage

# Minimum share of values that match a kind of personal data.
PERSONAL_SHARE = 0.5
VALUES_LOOKED_AT = 2_000
# Dates outside these years are errors or placeholders.
_FIRST_YEAR, _LAST_YEAR = 1900, 2100

# Integer columns with more distinct values are measurements, which may have decimals later.
COUNT_VALUES_MAXIMUM = 1_000
COUNT_MAXIMUM = 1_000_000


def is_of_our_times(year: int) -> bool:
    """Return whether a year is plausible."""
    return _FIRST_YEAR <= year <= _LAST_YEAR
