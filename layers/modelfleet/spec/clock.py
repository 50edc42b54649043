"""Port for the current time."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns the current time as a timezone-aware datetime."""
