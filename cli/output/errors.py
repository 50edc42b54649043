"""What the command cannot do, in one line that says what to do next."""


class FleetError(Exception):
    """Ends the command with exit code 1 and this text."""
