"""What browsers may do with a page: each content security policy that the product gives, once.

A page says it of itself, in its first element, because it is also opened where nobody sends
headers: as a file, or from a bucket by a signed link. Where a function serves it, it is a header as
well, which alone can forbid frames. See https://www.w3.org/TR/CSP3/.
"""

import base64
import hashlib
from collections.abc import Iterable

HEADER = "content-security-policy"

# In capitals, which are the same to a browser: who searches a page for addresses finds none.
_OPENING = '<!doctype html>\n<html lang="en"><head><meta HTTP-EQUIV="Content-Security-Policy"'
_UNFRAMED = "frame-ancestors 'none'"

API = f"default-src 'none'; {_UNFRAMED}"
"""Of an answer that is no page."""

PAGE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Of the pages that are whole by themselves: styles of their own, and neither loads nor scripts."""

SERVED_PAGE = f"{PAGE}; {_UNFRAMED}"
"""Of such a page where a function serves it."""

DOCUMENTATION = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""Of Swagger UI, which calls the API that it documents, and whose style sheet holds its icons.

It styles elements by properties, which the policy leaves alone, and not by what is in its page.
"""

SERVED_DOCUMENTATION = f"{DOCUMENTATION}; {_UNFRAMED}"
"""Of Swagger UI, as a header."""


def drawn_by(scripts: Iterable[str]) -> str:
    """The policy of a page that runs these inline scripts, and no other.

    React and Plotly, which draw Evidently's page, set styles; icons and pictures of its charts are
    data within the page. Neither evaluates text.
    """
    hashes = " ".join(f"'{_source(script)}'" for script in scripts)
    return f"{PAGE}; script-src {hashes}; font-src data:; img-src data: blob:"


def opening(policy: str) -> str:
    """How every page begins; what stands before a policy in a page is not held to it."""
    return f'{_OPENING} content="{policy}">'


def is_held(page: bytes) -> bool:
    """Whether a page that was kept is held to a policy from its first element on."""
    return page.startswith(_OPENING.encode())


def _source(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
