"""Names and values that mean something to whatever prints, stores or runs them."""

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
