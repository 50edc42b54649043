"""SVG charts over days: panels on one time axis, and small bars for rows of a table.

Sizes are pixels of the page. Colors come from the page's style sheet, by class.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from markupsafe import Markup

from modelfleet.pages.charts import Axis
from modelfleet.pages.text import escape

WIDTH = 960
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 150.0, 30.0, 24.0
_PANEL, _GAP = 96.0, 34.0
# Space of one date below the axis.
_DATE_WIDTH = 64.0
_PADDING = 0.08
_LABEL_HEIGHT = 13.0
_LABEL_LENGTH = 22
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_GAP = 84, 24, 2

Values = Sequence[float | None]
Place = Callable[[float], float]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Line:
    """A series of a panel, with one value per day, and its interval where there is one."""

    label: str
    values: Values
    kind: str = "one"
    dashed: bool = False
    band: Sequence[tuple[float, float] | None] = ()


@dataclass(frozen=True)
class Panel:
    """One quantity over all days: lines or bars, and a horizontal rule at a level, if any.

    `floor` is a value that the vertical axis includes.
    """

    title: str
    lines: Sequence[Line] = ()
    bars: Values = ()
    rule: tuple[float, str] | None = None
    floor: float | None = None
    percent: bool = False

    def drawn(self) -> bool:
        """Return whether there is anything to draw."""
        return any(value is not None for value in self._values())

    def axis(self) -> Axis:
        """Return the vertical axis."""
        values = [value for value in self._values() if value is not None]
        values += [self.rule[0]] if self.rule else []
        values += [] if self.floor is None else [self.floor]
        low, high = min(values), max(values)
        room = (high - low) * _PADDING or abs(high) * _PADDING or 1.0
        bottom = low if low == self.floor else low - room
        return Axis(bottom, high + room, self.title, percent=self.percent)

    def _values(self) -> Iterator[float | None]:
        yield from self.bars
        for line in self.lines:
            yield from line.values
            yield from (end for ends in line.band if ends is not None for end in ends)


@dataclass(frozen=True)
class Mark:
    """An event on a day, drawn as a vertical line through all panels."""

    day: int
    label: str
    kind: str


@dataclass(frozen=True)
class Moment:
    """What hovering a day shows, and where a click on it leads."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Timeline:
    """Panels over the same days, one below the other.

    `summary` says in a sentence what the chart shows; it is also read by screen readers.
    """

    summary: str
    days: Sequence[date]
    panels: Sequence[Panel]
    marks: Sequence[Mark] = ()
    moments: Sequence[Moment] = ()

    def svg(self) -> Markup:
        """Return the chart; all text is escaped."""
        panels = [panel for panel in self.panels if panel.drawn()]
        height = _TOP + len(panels) * (_PANEL + _GAP) + _BOTTOM
        parts = [f'<svg class="time" width="{WIDTH}" height="{height:.0f}" role="img">']
        parts.append(f"<title>{escape(self.summary)}</title>")
        bottom = _TOP + len(panels) * (_PANEL + _GAP) - _GAP + 6
        parts += self._marks(bottom)
        for number, panel in enumerate(panels):
            parts += self._panel(panel, _TOP + number * (_PANEL + _GAP) + 14)
        parts += self._dates(bottom)
        parts += self._moments(bottom)
        parts.append("</svg>")
        return Markup("".join(parts))  # noqa: S704  # nosec B704  # numbers and escaped text

    def _panel(self, panel: Panel, top: float) -> Iterator[str]:
        axis, height = panel.axis(), _PANEL - 14

        def down(value: float) -> float:
            return top + height * (1 - axis.share(value))

        yield f'<text class="name" x="0" y="{top - 8:.0f}">{escape(panel.title)}</text>'
        yield from _grid(axis, down)
        yield from self._bars(panel, down, top + height)
        labels = []
        if panel.rule:
            level, words = panel.rule
            yield f'<path class="rule" d="M{_LEFT:.0f} {down(level):.1f}H{WIDTH - _RIGHT:.0f}"/>'
            labels.append((down(level), words, "tick"))
        for line in panel.lines:
            yield from self._band(line, down)
            yield from self._curve(line, down)
            known = [value for value in line.values if value is not None]
            if known and line.label:
                labels.append((down(known[-1]), line.label, f"label {line.kind}"))
        yield from _labels(labels)

    def _bars(self, panel: Panel, down: Place, bottom: float) -> Iterator[str]:
        width = max(1.0, self._step() - 2)
        for day, value in enumerate(panel.bars):
            if value is not None:
                left, top = self._across(day) - width / 2, down(value)
                yield (
                    f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
                    f'height="{max(0.0, bottom - top):.1f}"/>'
                )

    def _band(self, line: Line, down: Place) -> Iterator[str]:
        for run in _runs(line.band):
            # A single day is as wide as its bar would be.
            half = self._step() / 2 if len(run) == 1 else 0.0
            places = [
                (self._across(day) + side, ends) for day, ends in run for side in (-half, half)
            ]
            upper = [f"{x:.1f} {down(high):.1f}" for x, (_, high) in places]
            lower = [f"{x:.1f} {down(low):.1f}" for x, (low, _) in reversed(places)]
            yield f'<path class="band {line.kind}" d="M{"L".join([*upper, *lower])}Z"/>'

    def _curve(self, line: Line, down: Place) -> Iterator[str]:
        dashed = " dashed" if line.dashed else ""
        for run in _runs(line.values):
            points = [f"{self._across(day):.1f} {down(value):.1f}" for day, value in run]
            if len(points) > 1:
                yield f'<path class="curve {line.kind}{dashed}" d="M{"L".join(points)}"/>'
                continue
            x, y = points[0].split()
            yield f'<circle class="dot {line.kind}" cx="{x}" cy="{y}" r="2.5"/>'

    def _marks(self, bottom: float) -> Iterator[str]:
        free = 0.0
        for mark in sorted(self.marks, key=lambda each: each.day):
            at = self._across(mark.day)
            yield f'<path class="mark {mark.kind}" d="M{at:.1f} 14V{bottom:.0f}"/>'
            if at >= free:
                words = escape(mark.label)
                yield f'<text class="tick {mark.kind}" x="{at + 3:.1f}" y="11">{words}</text>'
                free = at + 7.0 * len(mark.label) + 10

    def _dates(self, bottom: float) -> Iterator[str]:
        every = max(1, round(_DATE_WIDTH / self._step()))
        for number, day in enumerate(self.days):
            if number % every == 0:
                yield (
                    f'<text class="tick middle" x="{self._across(number):.1f}" '
                    f'y="{bottom + 16:.0f}">{day.day} {day:%b}</text>'
                )

    def _moments(self, bottom: float) -> Iterator[str]:
        step = self._step()
        for number, moment in enumerate(self.moments):
            rect = (
                f'<rect class="moment" x="{self._across(number) - step / 2:.1f}" y="14" '
                f'width="{step:.1f}" height="{bottom - 14:.0f}"><title>{escape(moment.text)}'
                "</title></rect>"
            )
            # The same links are in the table of the events, which the keyboard reaches.
            link = f'<a href="{escape(moment.link)}" tabindex="-1">{rect}</a>'
            yield link if moment.link else rect

    def _step(self) -> float:
        return (WIDTH - _LEFT - _RIGHT) / max(1, len(self.days))

    def _across(self, day: int) -> float:
        return _LEFT + (day + 0.5) * self._step()


def sparkline(values: Sequence[float], summary: str) -> Markup:
    """Return small bars, one per day, newest last, for a row of a table.

    Parameters
    ----------
    values
        Nonnegative numbers.
    summary
        What the bars show, in a sentence.
    """
    width = (_SPARK_WIDTH + _SPARK_GAP) / max(1, len(values)) - _SPARK_GAP
    highest = max(values, default=0.0) or 1.0
    bars = []
    for number, value in enumerate(values):
        # A day without any is a line on the ground, so that it differs from no data.
        height = max(1.0, _SPARK_HEIGHT * value / highest)
        bars.append(
            f'<rect class="bar" x="{number * (width + _SPARK_GAP):.1f}" '
            f'y="{_SPARK_HEIGHT - height:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
        )
    svg = (
        f'<svg class="time spark" width="{_SPARK_WIDTH}" height="{_SPARK_HEIGHT}" role="img">'
        f"<title>{escape(summary)}</title>{''.join(bars)}</svg>"
    )
    return Markup(svg)  # noqa: S704  # nosec B704  # numbers and escaped text


def _grid(axis: Axis, down: Place) -> Iterator[str]:
    ticks = axis.ticks()
    for tick in ticks[:: max(1, len(ticks) // 3)]:
        at = down(tick)
        yield f'<path class="grid" d="M{_LEFT:.0f} {at:.1f}H{WIDTH - _RIGHT:.0f}"/>'
        words = escape(axis.text(tick))
        yield f'<text class="tick end" x="{_LEFT - 6:.0f}" y="{at + 4:.1f}">{words}</text>'


def _labels(labels: Sequence[tuple[float, str, str]]) -> Iterator[str]:
    """Draw the names of lines at their right ends, moved down where they would overlap."""
    free = -math.inf
    for at, words, kind in sorted(labels):
        place = max(at, free)
        free = place + _LABEL_HEIGHT
        text = words if len(words) <= _LABEL_LENGTH else f"{words[: _LABEL_LENGTH - 1]}…"
        yield (
            f'<text class="{kind}" x="{WIDTH - _RIGHT + 8:.0f}" y="{place + 4:.1f}">'
            f"{escape(text)}</text>"
        )


def _runs(values: Sequence[Item | None]) -> Iterator[list[tuple[int, Item]]]:
    """Yield the stretches of consecutive known values, with their places."""
    run: list[tuple[int, Item]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run
