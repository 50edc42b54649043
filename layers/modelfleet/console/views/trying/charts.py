"""Charts of one prediction: what contributes to it, and what if one value changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from modelfleet.pages.charts import Axis
from modelfleet.pages.numbers import figure, short
from modelfleet.pages.text import escape

_WIDTH, _NAMES, _VALUES = 640.0, 190.0, 64.0
_ROW, _TOP = 26.0, 8.0
_LENGTH = 26
_HEIGHT, _LEFT, _BOTTOM = 240.0, 52.0, 40.0
_RIGHT = 16.0


@dataclass(frozen=True)
class Step:
    """One step of a waterfall: a contribution and where it starts."""

    name: str
    start: float
    change: float


def waterfall(summary: str, base: float, steps: Sequence[Step], prediction: float) -> Markup:
    """Draw how contributions lead from the average prediction to this one.

    Parameters
    ----------
    summary
        What the chart shows, in a sentence.
    base, prediction
        Average prediction, and the prediction of this row.
    steps
        Contributions in order; each starts where the one before ends.
    """
    ends = [base, prediction, *(step.start for step in steps)]
    axis = Axis(min(ends), max(ends), "")
    rows = len(steps) + 2
    height = _TOP + rows * _ROW + _TOP

    def at(value: float) -> float:
        return _NAMES + axis.share(value) * (_WIDTH - _NAMES - _VALUES)

    def row(number: int, name: str, start: float, end: float, kind: str, words: str) -> str:
        down = _TOP + number * _ROW
        left, right = sorted((at(start), at(end)))
        return (
            f'<text class="name end" x="{_NAMES - 8:.0f}" y="{down + 16:.1f}">'
            f"{escape(_shortened(name))}</text>"
            f'<rect class="{kind}" x="{left:.1f}" y="{down + 4:.1f}" '
            f'width="{max(right - left, 2):.1f}" height="{_ROW - 8:.0f}" rx="2">'
            f"<title>{escape(f'{name}: {words}')}</title></rect>"
            f'<text x="{right + 6:.1f}" y="{down + 16:.1f}">{escape(words)}</text>'
        )

    parts = [
        f'<svg class="time fall" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img">',
        f"<title>{escape(summary)}</title>",
        row(0, "average", base, base, "bar", figure(base)),
    ]
    for number, step in enumerate(steps, 1):
        kind = "up" if step.change >= 0 else "down"
        words = f"{'+' if step.change > 0 else ''}{figure(step.change)}"
        parts.append(row(number, step.name, step.start, step.start + step.change, kind, words))
    parts.append(row(rows - 1, "this row", prediction, prediction, "bar", figure(prediction)))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  # nosec B704  # numbers and escaped text


@dataclass(frozen=True)
class Point:
    """A value of the changed column, and the prediction for it."""

    label: str
    at: float
    score: float


def sweep_chart(
    summary: str, points: Sequence[Point], now: Point, threshold: float | None, named: bool
) -> Markup:
    """Draw the prediction over the values of one column.

    Parameters
    ----------
    summary
        What the chart shows, in a sentence.
    points
        At least one value, ascending.
    now
        The row's own value.
    threshold
        Decision threshold, as a dashed line; `None` if there is none.
    named
        Whether the values are names, which are bars instead of a curve.
    """
    scores = [each.score for each in (*points, now)] + ([threshold] if threshold else [])
    low, high = (0.0 if named else min(scores)), max(scores)
    across = Axis(min(each.at for each in points), max(each.at for each in points), "")
    down = Axis(min(low, high), high, "")
    width = (_WIDTH - _LEFT - _RIGHT) / max(1, len(points))

    def x(point: Point) -> float:
        if named:
            return _LEFT + width * (point.at + 0.5)
        return _LEFT + across.share(point.at) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - down.share(value) * (_HEIGHT - _BOTTOM - _TOP * 2)

    parts = [
        f'<svg class="time sweep" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img">',
        f"<title>{escape(summary)}</title>",
    ]
    for tick in down.ticks():
        parts.append(f'<path class="grid" d="M{_LEFT:.0f} {y(tick):.1f}H{_WIDTH:.0f}"/>')
        parts.append(
            f'<text class="tick end" x="{_LEFT - 6:.0f}" y="{y(tick) + 4:.1f}">'
            f"{escape(short(tick))}</text>"
        )
    if threshold:
        parts.append(f'<path class="rule" d="M{_LEFT:.0f} {y(threshold):.1f}H{_WIDTH:.0f}"/>')
        parts.append(
            f'<text class="tick end" x="{_WIDTH - 4:.0f}" y="{y(threshold) - 4:.1f}">'
            f"threshold {escape(figure(threshold))}</text>"
        )
    if named:
        for point in points:
            left, top = x(point) - width * 0.35, y(point.score)
            kind = "bar own" if point.label == now.label else "bar"
            parts.append(
                f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width * 0.7:.1f}" '
                f'height="{max(y(0.0) - top, 1):.1f}"/>'
            )
    else:
        path = "L".join(f"{x(each):.1f} {y(each.score):.1f}" for each in points)
        parts.append(f'<path class="curve one" d="M{path}"/>')
        parts.append(f'<circle class="dot one" cx="{x(now):.1f}" cy="{y(now.score):.1f}" r="5"/>')
    every = max(1, -(-len(points) // 6))
    for number, point in enumerate(points):
        if number % every == 0:
            parts.append(
                f'<text class="tick middle" x="{x(point):.1f}" y="{_HEIGHT - _BOTTOM + 18:.0f}">'
                f"{escape(_shortened(point.label, 14))}</text>"
            )
        told = f"{point.label}: {figure(point.score)}"
        parts.append(
            f'<rect class="moment" x="{x(point) - width / 2:.1f}" y="{_TOP:.0f}" '
            f'width="{width:.1f}" height="{_HEIGHT - _BOTTOM - _TOP:.0f}">'
            f"<title>{escape(told)}</title></rect>"
        )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  # nosec B704  # numbers and escaped text


def _shortened(text: str, length: int = _LENGTH) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
