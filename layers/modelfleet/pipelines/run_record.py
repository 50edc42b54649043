"""A step's part in the record of its run: what fails is marked as failed."""

from collections.abc import Iterator
from contextlib import contextmanager

from modelfleet.domain.ports import ModelRegistry


@contextmanager
def failing_run_is_marked(registry: ModelRegistry, run_id: str) -> Iterator[None]:
    """Mark the run as failed where the step raises; a retry of the step takes the mark back."""
    try:
        yield
    except Exception:
        registry.finish_run(run_id, failed=True)
        raise
