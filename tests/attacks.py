"""How many generated requests the API is attacked with: `make fuzz` makes it many times as many."""

import os

_TIMES = "MODELFLEET_ATTACKS"


def many(usual: int) -> int:
    """The usual number of examples, as many times as the environment asks for."""
    return usual * int(os.environ.get(_TIMES, "1"))
