"""The user's name, as records keep it."""

from getpass import getuser

from modelfleet.pages.text import one_line
from modelfleet.retraining.state import LONGEST_NAME


def user() -> str:
    """The name of whoever runs the command, on one line; the environment may hold any text."""
    return one_line(getuser(), LONGEST_NAME)
