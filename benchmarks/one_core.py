"""Limits a process to one core, as in a Lambda function of this size."""

import os


def on_one_core() -> None:
    """Run on one core, as functions of these sizes have less; servers may use the other cores."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
