"""Text that strangers send to have it run where somebody looks at it, and models full of it."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any, TypeVar

from pydantic import BaseModel

# Each calls `pwned`, which the tests' browser has in every frame, as soon as it is run.
SCRIPTS = (
    "</script><script>pwned('script')</script>",
    "<!--<script>pwned('comment')</script>-->",
    "--><script>pwned('after a comment')</script>",
    "--!><img src=x onerror=pwned('bang')>",
    "]]><script>pwned('cdata')</script>",
    "</title><script>pwned('title')</script>",
    "</style><script>pwned('style')</script>",
    "</textarea></noscript></template></select><script>pwned('raw text')</script>",
    "<img src=x onerror=pwned('img')>",
    '"><img src=x onerror=pwned("quoted")>',
    "'><svg onload=pwned('single')>",
    '" onmouseover="pwned(1)" autofocus onfocus="pwned(2)" x="',
    "' style='animation-name:x' onanimationstart='pwned(3)' x='",
    '<iframe srcdoc="<script>parent.pwned(4)</script>"></iframe>',
    "<a href=javascript:pwned('link')>open</a>",
    "javascript:pwned('address')",
    "data:text/html,<script>pwned('data')</script>",
    "<base href=http://127.0.0.1:9/><link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
    "<form action=http://127.0.0.1:9/><button autofocus>x</button></form>",
    "<object data=http://127.0.0.1:9/><embed src=http://127.0.0.1:9/>",
    "<style>@import 'http://127.0.0.1:9/x.css';body{background:url(http://127.0.0.1:9/x)}</style>",
    "${pwned('template')}",
    "`;pwned('backtick');`",
    "';pwned('quote');'",
    '";pwned("double");"',
    "\\';pwned('backslash');//",
    '\\";pwned("backslash");//',
    "\\u003cscript\\u003epwned('escaped')\\u003c/script\\u003e",
    "\\x3cscript\\x3epwned('hex')\\x3c/script\\x3e",
    "&lt;img src=x onerror=pwned('entity')&gt;",
    "&#60;script&#62;pwned('number')&#60;/script&#62;",
    "{{constructor.constructor('pwned(5)')()}}",
    "{%raw%}{{7*7}}#{7*7}<%=7*7%>",
    "$(pwned(6))$title$body$opening",
    "\u2028pwned('line')\u2029",
    "%3Cscript%3Epwned('percent')%3C/script%3E",
    "<svg><script>pwned('svg')</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=--&gt; src=x onerror=pwned(7)>",
    "%{x}<extra></extra>%{customdata[0]}",
    "\x00<\x00script>pwned('nul')</script>",
    "\ufeff\u202e\u200b<script>pwned('order')</script>",
)
# These run nothing, but are read as something else, or cannot be written.
ODD = (
    "",
    " ",
    "   ",
    " a",
    "a ",
    "a",
    "a  b",
    "a b",
    "\t",
    "\n",
    "1",
    "1.0",
    "01",
    "1e3",
    "1,000",
    "0x1F",
    "2026-01-05",
    "10:30",
    "#1",
    "\u0661",
    "nan",
    "None",
    "null",
    "true",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "index",
    "self",
    "target",
    "prediction",
    "\ud800",
    "\udfff",
    "\x00",
    "\x1b[31mred",
    "\u0085",
    "\u2039U+3C\u203a",
    "<",
    "\u2039empty\u203a",
    "empty",
    "x" * 10_000,
    "x" * 9_999 + "y",
    "x" * 65,
)
HOSTILE = (*SCRIPTS, *ODD)
# These run nothing either, but a renderer of Markdown or HTML makes links, forms, images and frames
# of them, which say what our page never said.
MARKUP = (
    "<svg width=9 height=9><rect width=9 height=9 /></svg>",
    "<table><tr><td>planted</table>",
    "<a href=http://127.0.0.1:9/>sign in</a>",
    "<a href='docs/start.js' target=_top>sign in</a>",
    "<img src=http://127.0.0.1:9/x.png>",
    "<img src=planted.png><b>planted</b><hr><center>",
    "<form action=/bankchurn/model><input name=key><button>go</button></form>",
    "<input placeholder='API key'><details open><summary>x</summary></details>",
    "<h1 class=title style='font-size:99px'>planted</h1>",
    "[sign in](http://127.0.0.1:9/)",
    "![image](planted.png)",
    "![image](data:image/png;base64,AAAA)",
    "[a]: http://127.0.0.1:9/\n\n[a]",
    "<http://127.0.0.1:9/>",
    "http://127.0.0.1:9/ www.planted.example planted@planted.example",
    "# planted",
    "planted\n=======",
    "planted\n\n---\n\nplanted",
    "*planted* **planted** _planted_ __planted__ ~~planted~~ `planted`",
    "* planted",
    "- planted",
    "+ planted",
    "12) planted",
    "> planted",
    "    planted",
    "\tplanted",
    "```planted\nplanted\n```",
    "~~~\nplanted",
    "| a | b |\n| - | - |\n| c | d |",
    "a | b\n- | -\nc | d",
    "planted  \nplanted",
    "planted\\\nplanted",
    "&lt;b>planted&lt;/b&gt; &#60;b&#62; &#x3c;b&#x3e;",
    "\\<b>planted\\</b> \\[a\\](b) \\\\[a](b)",
    "<!-- planted --> <?planted?> <!DOCTYPE planted> <![CDATA[planted]]>",
)

M = TypeVar("M", bound=BaseModel)


def together() -> str:
    """All that runs, one after the other: each ends whatever those before it have begun."""
    return "".join(SCRIPTS)


def planted(model: M, texts: Iterator[str], keep: frozenset[str] = frozenset()) -> M:
    """A copy of a model, each of whose texts is the next of these.

    Parameters
    ----------
    model
        Anything that a page shows.
    texts
        What its texts become.
    keep
        Fields that are looked up by their value, and so can hold no other.
    """
    changed = {
        name: value if name in keep else _planted(value, texts, keep) for name, value in model
    }
    return model.model_copy(update=changed)


def in_turn(first: int = 0) -> Iterator[str]:
    """Every hostile text, again and again, from one of them."""
    turned = HOSTILE[first:] + HOSTILE[:first]
    return cycle(turned)


def _planted(value: Any, texts: Iterator[str], keep: frozenset[str]) -> Any:
    if isinstance(value, BaseModel):
        return planted(value, texts, keep)
    # Not of a kind derived from it: the members of an enumeration are the product's own words.
    if type(value) is str:
        return next(texts)
    if isinstance(value, tuple):
        return tuple(_planted(part, texts, keep) for part in value)
    if isinstance(value, dict):
        return {name: _planted(part, texts, keep) for name, part in value.items()}
    return value


NAMES = (
    'x""";open("PWNED","w")  # noqa .csv',
    "'''+open('PWNED','w')+'''",
    '"+open("PWNED","w")+"',
    "\\",
    'ends in a quote"',
    "ends in a backslash\\",
    "\\N{BULLET} \\x41 \\u0041 \\",
    "a\nimport os; open('PWNED', 'w')",
    "a\r\nopen('PWNED', 'w')",
    "a\u2028open('PWNED', 'w')\u2029b\x85c\x0bd\x0ce",
    "# noqa",
    "a # noqa: E501, S102  # fmt: off  # type: ignore",
    "{{ 7 * 7 }} {% raw %} {# #} {0} {self} %s %(x)s ${x}",
    "}}",
    "\u202enoisrever\u202c \u2066isolated\u2069 \u200f\u061c",
    "zero\u200bwidth\ufeff\u2060",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x9b2J \x07\x08\x7f",
    "[red]a[/red] [link=http://evil]b[/link] [/] [bold :smile:",
    "a\tb",
    "Köln 東京 да مرحبا ₿ 🙂 \U000e0041",
    "e\u0301 and \u00e9",
    "self",
    "class",
    "None",
    "nan",
    "null",
    "__init__",
    "_private",
    "1st",
    "a//b",
    "Local Variables:",
    'eval: (shell-command "touch PWNED")',
    "End:",
    " vim: set fde=system('touch PWNED'):",
    "../../etc/passwd",
    "%2F..%2F?a=b#c",
    "</script><script>alert(1)</script>",
    '=HYPERLINK("http://evil")',
    "a, b",
    "x" * 3_000,
)
"""None holds NUL, which no table may."""

UNPRINTABLE = ("\x00", "\udc80", "a\ud800b")
"""What no table holds in its names, but a file's name or another program's text may."""

COLUMNS = (
    *("self", "cls", "args", "kwargs", "model_config", "model_fields", "copy", "schema", "json"),
    *("class", "__init__", "_private", "1st", "a b", "a.b", "a_b", "A_B", "e\u0301", "\u00e9"),
    *("columns", "index", "values", "dtype", "name", "row", "label", "data", "frame", "y", "X"),
    *("None", "True", "nan", "__class__", "model_construct", "Features", "Literal", "mro"),
    *("probability", "prediction_id", "instances", "strict", "leads", "in", "T", "@x", "`x`"),
)
"""Columns whose names mean something to Python, pandas, pydantic, numpy or the fleet."""
