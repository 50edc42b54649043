"""Thresholds for leaving out a column or refusing a table."""

from modelfleet.spec.data_limits import DataLimits
from modelfleet.spec.features import OPEN_CATEGORY_LENGTH

# Splits of 60/20/20 need 30 rows on each side, and 5 of each class, whatever the hash does.
ROWS_MINIMUM = 200
CLASS_ROWS_MINIMUM = 30
# The more classes there are, the likelier one of them has too few on a side.
CLASS_ROWS_MINIMUM_OF_MANY = 80
# A numeric target of fewer values may as well be classes.
REGRESSION_VALUES_MINIMUM = 11

# As many different values a row name a row; half as many are texts that teach nothing.
UNIQUE_SHARE = 0.95
MOSTLY_UNIQUE_SHARE = 0.5
# From here on a name that speaks of an identity decides.
NAMED_IDENTIFIER_SHARE = 0.5
CONSTANT_SHARE = 0.999
EMPTY_SHARE = DataLimits().missing_share.fail or 1.0
# Models compute in float32, whose greatest number is 3.4e38; a declared range is up to three times
# as wide as the numbers themselves.
NUMBER_MAXIMUM = 1e38
# Of a column with as many numbers, words may stand for a missing value.
MOSTLY_NUMBERS_SHARE = 0.5

# Few, each seen often enough to be no person's own, and known in advance: a closed set.
CLOSED_CATEGORIES_MAXIMUM = 12
CATEGORY_ROWS_MINIMUM = 5
TEXT_LENGTH_MAXIMUM = OPEN_CATEGORY_LENGTH

LEAKAGE = DataLimits().leakage

# Shares of values that look like it.
PERSONAL_SHARE = 0.5
VALUES_LOOKED_AT = 2_000
# A date of another time is a slip, or stands for none.
_FIRST_YEAR, _LAST_YEAR = 1900, 2100

# More different whole numbers than this are a measurement, to which decimals may come.
COUNT_VALUES_MAXIMUM = 1_000
COUNT_MAXIMUM = 1_000_000


def is_of_our_times(year: int) -> bool:
    """Whether a row may have happened then."""
    return _FIRST_YEAR <= year <= _LAST_YEAR
