"""The look of the pages about a model: its card, its drift; style and building blocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import Template

from modelfleet.pages import policy as page_policy
from modelfleet.pages.charts import CHART_STYLE, COLOURS
from modelfleet.pages.text import escape

PAGE = Template("""$opening<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title: $kind</title>
<style>
$colours
$chart_style
*{box-sizing:border-box}
body{font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:0;
overflow-wrap:anywhere}
main{max-width:66rem;margin:0 auto;padding:2.2rem 1.1rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:.1rem 0 .4rem}
h2{font-size:1.1rem;margin:2.4rem 0 .7rem}
p{margin:.4rem 0}code{font-size:.88em;overflow-wrap:anywhere}.soft{color:var(--soft)}
.box{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1rem 1.15rem}
.facts,.plots{display:grid;gap:.9rem}
.facts{grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));margin-top:1.3rem}
.facts b{display:block;font-size:1.12rem;font-weight:600;overflow-wrap:anywhere}
.plots{grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
figure{margin:0}figcaption{font-size:.86rem;color:var(--soft);margin-top:.3rem}
figure h3{font-size:1rem;margin:0 0 .4rem}svg{display:block;width:100%;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.42rem 1rem .42rem 0;border-top:1px solid var(--line);
vertical-align:top}
tr:first-child>*{border-top:0}th{font-weight:500;color:var(--soft);font-size:.86rem}
tr.marked td:first-child{font-weight:600}
.tag{display:inline-block;border-radius:99px;padding:.02rem .6rem;font-size:.78rem;
font-weight:600;color:var(--paper);background:var(--soft)}
.tag.good{background:var(--good)}.tag.bad{background:var(--bad)}.tag.one{background:var(--one)}
.meter{position:relative;display:inline-block;width:9rem;height:8px;border-radius:4px;
background:var(--line)}
.meter i{position:absolute;top:0;height:8px;border-radius:4px;background:var(--one);opacity:.5}
.meter b{position:absolute;top:-2px;width:3px;height:12px;border-radius:2px;
background:var(--one)}.meter.bad i,.meter.bad b{background:var(--bad)}
.bar{display:grid;grid-template-columns:9rem 1fr 6.2rem;gap:.5rem;align-items:center;
font-size:.8rem;margin:.18rem 0}
.bar span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar span:last-child{text-align:right;color:var(--soft);font-variant-numeric:tabular-nums}
.bar i{display:block;height:7px;border-radius:2px;background:var(--one);min-width:1px}
.bar i+i{background:var(--soft);opacity:.5;height:5px;margin-top:2px}
.bar.moved i{background:var(--bad)}.bar.moved i+i{background:var(--soft)}
ul{margin:.3rem 0;padding-left:1.15rem}li{margin:.2rem 0}
details summary{cursor:pointer;color:var(--soft)}
@media (max-width:40rem){main{padding-top:1.2rem}h1{font-size:1.4rem}.wide{display:none}}
@media print{body{background:none}.box{break-inside:avoid}}
</style></head><body><main>
<header><p class="soft">$kind</p><h1>$title</h1><p>$purpose</p></header>
$body
</main></body></html>
""")


@dataclass(frozen=True)
class Markup:
    """HTML that is safe as it is; everything else is escaped."""

    html: str


Cell = str | Markup


def page(kind: str, title: str, purpose: str, sections: Iterable[str]) -> bytes:
    """Lay out a whole page; `kind` says what it is, such as a model card."""
    text = PAGE.substitute(
        opening=page_policy.opening(page_policy.PAGE),
        kind=escape(kind),
        title=escape(title),
        purpose=escape(purpose),
        colours=COLOURS,
        chart_style=CHART_STYLE,
        body="\n".join(filter(None, sections)),
    )
    return text.encode()


def section(title: str, *blocks: str) -> str:
    """A heading with what stands below it; nothing where there is nothing to say."""
    content = "".join(blocks)
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def box(content: str) -> str:
    """A frame around something."""
    return f'<div class="box">{content}</div>' if content else ""


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A row of frames, each with a fact and its name."""
    frames = "".join(
        box(f'<b>{escape(value)}</b><span class="soft">{escape(name)}</span>')
        for name, value in pairs
    )
    return f'<div class="facts">{frames}</div>'


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]], marked: int | None = None) -> str:
    """A table that scrolls by itself on narrow screens; `marked` is the row that stands out."""
    body = "".join(
        f"<tr{' class=marked' if number == marked else ''}>"
        f"{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>"
        for number, row in enumerate(rows)
    )
    head = f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in header)}</tr>" if header else ""
    return f'<div class="scroll"><table>{head}{body}</table></div>' if body else ""


def bullets(lines: Iterable[str]) -> str:
    """A list of sentences."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph, where there is something to say."""
    return f'<p class="{kind}">{escape(text)}</p>' if text else ""


def tag(words: str, kind: str = "") -> Markup:
    """A word that catches the eye."""
    return Markup(f'<span class="tag {kind}">{escape(words)}</span>')


def code(text: str) -> Markup:
    """Text of a program."""
    return Markup(f"<code>{escape(text)}</code>")


def meter(lower: float, value: float, upper: float, ends: tuple[float, float], kind: str) -> Markup:
    """An interval on a scale, with its value."""
    low, high = ends
    span = (high - low) or 1.0
    left, right, at = (100.0 * (point - low) / span for point in (lower, upper, value))
    return Markup(
        f'<span class="meter {kind}"><i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
        f'<b style="left:calc({at:.1f}% - 1px)"></b></span>'
    )


def _cell(cell: Cell) -> str:
    return cell.html if isinstance(cell, Markup) else escape(cell)
