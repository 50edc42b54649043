"""Whether more rows would help, in a sentence."""

from modelfleet.pages.numbers import measure, metric_name
from modelfleet.spec.model import Metric
from modelfleet.statistics.results import Selection
from modelfleet.statistics.selection import lead, noise


def learning_note(selection: Selection | None) -> str:
    """Describe what the learning curve shows; empty if nothing is known."""
    if selection is None or not selection.learning_curve:
        note = selection.learning_note if selection else ""
        return f"Learning curve not measured: {note}" if note else ""
    half, whole = selection.learning_curve[-2:]
    better = Metric(selection.metric).higher_is_better
    gained = lead(half.scores, whole.scores, higher_is_better=better)
    rows = f"From {half.rows:,} to {whole.rows:,} rows"
    scores = f"{measure(half.mean)} to {measure(whole.mean)}"
    found = f"{rows}, the {metric_name(selection.metric)} changed from {scores}"
    if gained > noise(half.scores, whole.scores):
        return f"More rows are likely to help. {found}"
    return f"More rows may not help. {found}, which is not significant"
