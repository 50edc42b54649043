"""What is measured runs on one core, as a function of its size does."""

import os


def on_one_core() -> None:
    """A function of these sizes has less than one core; the server it asks may use the others."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
