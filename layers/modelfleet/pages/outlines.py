"""SVG charts of two distributions: outlines over the same bins."""

from collections.abc import Sequence

from markupsafe import Markup

from modelfleet.pages.numbers import percent
from modelfleet.pages.text import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 220, 48.0, 12.0, 24.0
_LABEL_LENGTH = 18
_LABELS = 5
_GRID = (0.0, 0.5, 1.0)


def two_outlines(
    summary: str,
    labels: Sequence[str],
    then: tuple[str, Sequence[float]],
    now: tuple[str, Sequence[float]],
) -> Markup:
    """Draw two distributions as outlines on one axis.

    Parameters
    ----------
    summary
        What the chart shows, in a sentence.
    labels
        The bins, in order.
    then, now
        Name and shares by bin of each distribution.
    """
    highest = max((*then[1], *now[1]), default=0.0) or 1.0
    step = (_WIDTH - _LEFT) / max(1, len(labels))
    bottom = _HEIGHT - _BOTTOM
    tall = bottom - _TOP

    def outline(shares: Sequence[float], kind: str) -> str:
        places = "".join(f"V{bottom - tall * share / highest:.1f}h{step:.1f}" for share in shares)
        return f'<path class="curve {kind}" d="M{_LEFT:.0f} {bottom:.0f}{places}V{bottom:.0f}"/>'

    parts = [
        f'<svg class="time outlines" width="{_WIDTH}" height="{_HEIGHT}" role="img">',
        f"<title>{escape(summary)}</title>",
    ]
    for share in _GRID:
        at = bottom - tall * share
        words = percent(highest * share, 0)
        parts.append(f'<path class="grid" d="M{_LEFT:.0f} {at:.1f}H{_WIDTH}"/>')
        parts.append(f'<text class="tick end" x="{_LEFT - 6:.0f}" y="{at + 4:.1f}">{words}</text>')
    parts += [outline(then[1], "two dashed"), outline(now[1], "one")]
    every = max(1, -(-len(labels) // _LABELS))
    for number, label in enumerate(labels):
        left = _LEFT + number * step
        if number % every == 0:
            short = label if len(label) <= _LABEL_LENGTH else f"{label[: _LABEL_LENGTH - 1]}…"
            parts.append(f'<text class="tick" x="{left + 2:.1f}" y="{bottom + 16:.0f}">')
            parts.append(f"{escape(short)}</text>")
        told = f"{label}: {now[0]} {percent(now[1][number])}, {then[0]} {percent(then[1][number])}"
        parts.append(
            f'<rect class="moment" x="{left:.1f}" y="{_TOP:.0f}" width="{step:.1f}" '
            f'height="{tall:.0f}"><title>{escape(told)}</title></rect>'
        )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  # nosec B704  # numbers and escaped text
