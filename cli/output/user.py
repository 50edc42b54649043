"""The user's name, as records keep it."""

from getpass import getuser

from modelfleet.pages.text import one_line
from modelfleet.retraining.state import LONGEST_NAME


def user() -> str:
    """Return the current user's name on one line; the environment may contain any text."""
    return one_line(getuser(), LONGEST_NAME)
