"""Draws estimates with their intervals, one small image per row of a table."""

from collections.abc import Iterable

from markupsafe import Markup

from modelfleet.statistics.results import Estimate

_WIDTH, _HEIGHT, _MARGIN = 160, 16, 6


class IntervalScale:
    """The range that all rows of a table share.

    Parameters
    ----------
    values
        Everything to draw: estimates, the ends of their intervals, and limits.
    """

    def __init__(self, values: Iterable[float]) -> None:
        known = list(values)
        self._low, self._high = min(known, default=0.0), max(known, default=1.0)

    def draw(self, estimate: Estimate, reference: float | None = None, *, bad: bool) -> Markup:
        """Draw a dot on a line from end to end, and a tick at the reference.

        The table next to it has the numbers, so the image is hidden from screen readers.
        """
        kind, middle = "bad" if bad else "one", _HEIGHT / 2
        parts = []
        if estimate.lower is not None and estimate.upper is not None:
            ends = f'x1="{self._at(estimate.lower):.1f}" x2="{self._at(estimate.upper):.1f}"'
            parts.append(f'<line class="{kind}" {ends} y1="{middle}" y2="{middle}"/>')
        if reference is not None:
            at = self._at(reference)
            parts.append(
                f'<line class="rule" x1="{at:.1f}" x2="{at:.1f}" y1="1" y2="{_HEIGHT - 1}"/>'
            )
        dot = self._at(estimate.value)
        parts.append(f'<circle class="{kind}" cx="{dot:.1f}" cy="{middle}" r="3.5"/>')
        size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        image = f'<svg class="interval" aria-hidden="true" {size}>{"".join(parts)}</svg>'
        return Markup(image)  # noqa: S704  # nosec B704  # numbers only

    def _at(self, value: float) -> float:
        span = (self._high - self._low) or 1.0
        place = min(1.0, max(0.0, (value - self._low) / span))
        return _MARGIN + place * (_WIDTH - 2 * _MARGIN)
