"""SVG heat maps of one hue: a row per name, a column per day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from modelfleet.pages.text import escape
from modelfleet.pages.time_charts import Moment

_NAMES, _ROW, _GAP, _TOP, _BOTTOM = 190.0, 22.0, 2.0, 4.0, 24.0
_WIDTH = 960
_DATE_WIDTH = 64.0
_WIDEST = 40.0
_NAME_LENGTH = 26
# Upper ends of the shades below the strongest, as shares of the limit.
_SHADES = (0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class HeatRow:
    """A name with its link, and a value per day as a share of the limit; `None` if not known."""

    name: str
    link: str
    values: Sequence[float | None]
    chosen: bool = False


@dataclass(frozen=True)
class HeatMap:
    """Rows over days; `moments` are what hovering a day shows, and where a click leads.

    `summary` says in a sentence what the map shows; `chosen` is the place of the chosen day.
    """

    summary: str
    days: Sequence[date]
    rows: Sequence[HeatRow]
    moments: Sequence[Moment]
    chosen: int | None = None

    def svg(self) -> Markup:
        """Return the map; all text is escaped."""
        bottom = _TOP + _ROW * len(self.rows)
        parts = [
            f'<svg class="time heat" width="{_WIDTH}" height="{bottom + _BOTTOM:.0f}" role="img">',
            f"<title>{escape(self.summary)}</title>",
        ]
        for number, row in enumerate(self.rows):
            parts += self._row(row, _TOP + _ROW * number)
        every = max(1, round(_DATE_WIDTH / self._step()))
        for number, day in enumerate(self.days):
            if number % every == 0:
                at = self._left(number) + self._step() / 2
                words = f"{day.day} {day:%b}"
                parts.append(f'<text class="tick middle" x="{at:.1f}" y="{bottom + 16:.0f}">')
                parts.append(f"{words}</text>")
        parts += self._moments(bottom)
        parts.append("</svg>")
        return Markup("".join(parts))  # noqa: S704  # nosec B704  # numbers and escaped text

    def _row(self, row: HeatRow, top: float) -> Iterator[str]:
        short = row.name if len(row.name) <= _NAME_LENGTH else f"{row.name[: _NAME_LENGTH - 1]}…"
        kind = "name" if row.chosen else "plain"
        yield (
            f'<a href="{escape(row.link)}"><text class="{kind}" x="0" y="{top + 15:.0f}">'
            f"{escape(short)}<title>{escape(row.name)}</title></text></a>"
        )
        width, height = self._step() - _GAP, _ROW - _GAP
        cells: dict[int, list[str]] = {}
        for number, value in enumerate(row.values):
            if value is not None:
                shade = sum(value >= end for end in _SHADES)
                cell = f"M{self._left(number):.1f} {top:.0f}h{width:.1f}v{height:.0f}h-{width:.1f}z"
                cells.setdefault(shade, []).append(cell)
        for shade, found in sorted(cells.items()):
            # One path per shade: a wide model has thousands of cells.
            yield f'<path class="shade{shade}" d="{"".join(found)}"/>'

    def _moments(self, bottom: float) -> Iterator[str]:
        for number, moment in enumerate(self.moments):
            kind = "moment chosen" if number == self.chosen else "moment"
            rect = (
                f'<rect class="{kind}" x="{self._left(number) - _GAP / 2:.1f}" y="{_TOP - 2:.0f}" '
                f'width="{self._step():.1f}" height="{bottom - _TOP + 2:.0f}">'
                f"<title>{escape(moment.text)}</title></rect>"
            )
            # The days are also chosen by a form, which the keyboard reaches.
            link = f'<a href="{escape(moment.link)}" tabindex="-1">{rect}</a>'
            yield link if moment.link else rect

    def _step(self) -> float:
        return min(_WIDEST, (_WIDTH - _NAMES) / max(1, len(self.days)))

    def _left(self, day: int) -> float:
        return _NAMES + day * self._step()
