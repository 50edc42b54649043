"""Where a browser continues after signing in: a page of the console, and nowhere else."""

import re

# Paths below the console. Segments start with neither a dot nor an encoded character, because
# browsers resolve `..` and `%2e%2e`; and there are no backslashes, which browsers treat as slashes.
_PAGE = re.compile(
    r"(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@%-]*)*"
    r"(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.ASCII,
)
_LENGTH_MAXIMUM = 1_000
FRONT = ""


def page_of(text: str) -> str:
    """Return the path of a page below the console; the front page's if the text is none."""
    is_page = len(text) <= _LENGTH_MAXIMUM and _PAGE.fullmatch(text)
    return text if is_page else FRONT
