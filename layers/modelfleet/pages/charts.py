"""Small SVG charts: axes, curves, bars, and points, coloured by CSS class."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from modelfleet.pages.numbers import percent, short
from modelfleet.pages.text import escape

WIDTH, HEIGHT = 440.0, 320.0
_STYLE = Path(__file__).parent / "templates" / "charts.css"
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 20.0, 12.0, 46.0
_MOST_TICKS = 6
# Ticks per decade; only the first if there are many decades.
_LOG_STEPS = (1, 2, 5)
_FEW_DECADES, _MOST_DECADES = 2.0, 12

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Axis:
    """Axis between two finite values; both must be positive on a logarithmic axis."""

    low: float
    high: float
    label: str
    logarithmic: bool = False
    percent: bool = False

    def share(self, value: float) -> float:
        """Return a value's relative position between the ends, clipped to [0, 1]."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at / 2 - low / 2) / _half(low, high) if _half(low, high) > 0 else 0.5

    def ticks(self) -> list[float]:
        """Return round values between the ends."""
        if self.logarithmic:
            return _log_ticks(self.low, self.high)
        step = _round_step(_half(self.low, self.high) / (_MOST_TICKS / 2))
        if step <= 0:
            return [self.low]
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def text(self, value: float) -> str:
        """Return a tick's label."""
        return percent(value, 0) if self.percent else short(value)


def _half(low: float, high: float) -> float:
    """Return half of a width, because the whole may exceed the largest float."""
    return high / 2 - low / 2


def _round_step(step: float) -> float:
    """Return the next round step; 0 if the step is 0 or close to the smallest float."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 0.0
    return next(
        (m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= step * (1 - 1e-9)), 0.0
    )


def _log_ticks(low: float, high: float) -> list[float]:
    decades = math.log10(high) - math.log10(low)
    powers = range(
        math.floor(math.log10(low)),
        math.ceil(math.log10(high)) + 1,
        max(1, math.ceil(decades / _MOST_DECADES)),
    )
    steps = _LOG_STEPS if decades <= _FEW_DECADES else _LOG_STEPS[:1]
    # Powers may be outside the range of floats.
    found = [float(f"{step}e{power}") for power in powers for step in steps]
    return [tick for tick in found if low <= tick <= high]


@dataclass
class Chart:
    """A chart under construction; positions are values on its two axes."""

    title: str
    x: Axis
    y: Axis
    _parts: list[str] = field(default_factory=list)

    def grid(self) -> None:
        """Draw ticks, grid lines, and labels of both axes."""
        self._rows()
        for tick in self.x.ticks():
            self._below(tick, self.x.text(tick))
        self.labels()

    def grid_of_groups(self, names: Sequence[str]) -> None:
        """Draw the vertical ticks, and a name below each unit of the horizontal axis."""
        self._rows()
        for number, name in enumerate(names):
            self._below(number + 0.5, name)
        self.labels()

    def labels(self) -> None:
        """Draw the names of both axes."""
        middle = _TOP + (HEIGHT - _TOP - _BOTTOM) / 2
        self._text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, self.x.label, "", "middle")
        self._add(
            f'<text transform="translate(13 {middle:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y.label)}</text>"
        )

    def curve(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """Draw a line through points."""
        path = "L".join(f"{self._across(x):.1f} {self._down(y):.1f}" for x, y in points)
        self._add(f'<path class="{kind}" d="M{path}"/>')

    def point(self, x: float, y: float, kind: str, radius: float = 4.0) -> None:
        """Draw a point."""
        self._add(
            f'<circle class="{kind}" cx="{self._across(x):.1f}" cy="{self._down(y):.1f}" '
            f'r="{radius:g}"/>'
        )

    def bar(self, xs: tuple[float, float], ys: tuple[float, float], kind: str) -> None:
        """Draw a filled rectangle between two values of each axis."""
        left, right = sorted((self._across(xs[0]), self._across(xs[1])))
        top, bottom = sorted((self._down(ys[0]), self._down(ys[1])))
        self._add(
            f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" '
            f'width="{right - left:.1f}" height="{bottom - top:.1f}"/>'
        )

    def text(
        self, x: float, y: float, words: str, kind: str = "", anchor: Anchor = "start"
    ) -> None:
        """Draw text at a position."""
        self._text(self._across(x), self._down(y), words, kind, anchor)

    def legend(self, entries: Sequence[tuple[str, str]], anchor: Anchor = "start") -> None:
        """Draw a legend in a top corner, from pairs of CSS class and text."""
        at = _LEFT + 12 if anchor == "start" else WIDTH - _RIGHT - 150
        for number, (kind, words) in enumerate(entries):
            down = _TOP + 8 + 17 * number
            self._add(
                f'<rect class="{kind}" x="{at:.0f}" y="{down:.0f}" width="11" height="11" rx="2"/>'
            )
            self._text(at + 17, down + 10, words, "tick", "start")

    def svg(self) -> Markup:
        """Return the chart for a page that includes the style sheet; all text is escaped."""
        svg = (
            f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img">'
            f"<title>{escape(self.title)}</title>{''.join(self._parts)}</svg>"
        )
        return Markup(svg)  # noqa: S704  # nosec B704  # made of numbers and escaped text

    def _rows(self) -> None:
        for tick in self.y.ticks():
            at = self._down(tick)
            self._add(f'<path class="grid" d="M{_LEFT:.0f} {at:.1f}H{WIDTH - _RIGHT:.0f}"/>')
            self._text(_LEFT - 7, at + 4, self.y.text(tick), "tick", "end")

    def _below(self, x: float, words: str) -> None:
        self._text(self._across(x), HEIGHT - _BOTTOM + 17, words, "tick", "middle")

    def _across(self, value: float) -> float:
        return _LEFT + self.x.share(value) * (WIDTH - _LEFT - _RIGHT)

    def _down(self, value: float) -> float:
        return HEIGHT - _BOTTOM - self.y.share(value) * (HEIGHT - _TOP - _BOTTOM)

    def _text(self, x: float, y: float, words: str, kind: str, anchor: Anchor) -> None:
        self._add(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def _add(self, part: str) -> None:
        self._parts.append(part)


def standalone(svg: Markup) -> bytes:
    """Return a chart as an SVG file with embedded styles and a background."""
    opening, rest = str(svg).split(">", 1)
    named = opening.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    ground = '<rect width="100%" height="100%" style="fill:var(--paper)"/>'
    return f"{named}><style>{_STYLE.read_text()}</style>{ground}{rest}".encode()
