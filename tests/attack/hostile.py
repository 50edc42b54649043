"""Texts that break programs which trust names and values."""

SEPARATORS = tuple(
    f"ford{char}f-150"
    for char in ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r", "\n")
)
CONTROLS = tuple(f"ford {chr(code)} f-150" for code in (*range(0x20), *range(0x7F, 0xA0)))
SCRIPTS = (
    "</script><script>window.pwned=1</script>",
    '"><img src=x onerror=window.pwned=1>',
    "<!--<script>window.pwned=1//",
    "';window.pwned=1;//",
    "`${window.pwned=1}`",
    "{{constructor.constructor('window.pwned=1')()}}",
    "\\u003c/script\\u003e<script>window.pwned=1",
    "]]><svg/onload=window.pwned=1>",
)
FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1")
TERMINALS = ("\x1b]0;pwned\x07", "\x1b[2Jpwned", "[red]pwned[/red]", "pwned\rclean", "\u202epwned")
PATHS = ("../../x", "..", "/etc/passwd", "a/../../b", "%2e%2e%2fx", "a//b", "x\x00y", "")
# Python that a template would run if it printed a name as it is; `{}` is the marker's path.
CODE = (
    'x""";open("{}","w")  # noqa ',
    "x'''\nopen('{}','w')  # noqa ",
    'x\\";open("{}","w")#',
    'x{{{{open("{}","w")}}}}',
    'x\u2028open("{}","w")',
    'x"\nopen("{}","w")\n"',
)
EVERY = (*SEPARATORS, *CONTROLS, *SCRIPTS, *FORMULAS, *TERMINALS)
