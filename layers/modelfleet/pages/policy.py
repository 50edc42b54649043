"""Content security policies of pages, each defined once.

Pages declare their policy in their first element, because they are also opened without HTTP
headers: as a file, or from a bucket by a presigned URL. Pages served by a function also get it as
a header, the only way to forbid framing. See https://www.w3.org/TR/CSP3/.
"""

import base64
import hashlib
from collections.abc import Iterable

HEADER = "content-security-policy"

# Upper case is equivalent to browsers, but is not found by a search for addresses in the page.
_OPENING = '<!doctype html>\n<html lang="en"><head><meta HTTP-EQUIV="Content-Security-Policy"'
_UNFRAMED = "frame-ancestors 'none'"

API = f"default-src 'none'; {_UNFRAMED}"
"""Policy of responses that are not pages."""

PAGE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Policy of self-contained pages: inline styles, no scripts, and nothing loaded."""

SERVED_PAGE = f"{PAGE}; {_UNFRAMED}"
"""Policy of self-contained pages served by a function."""

SANDBOXED_PAGE = f"sandbox allow-scripts; {_UNFRAMED}"
"""Policy of a stored page that is served by a site with sessions, in addition to the page's own.

The page has an origin of its own, and so neither the site's cookies nor its other pages.
"""

DOCUMENTATION = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""Policy of Swagger UI, which calls the API it documents and has icons in its style sheet.

It styles elements from scripts, which the policy allows, not by inline styles.
"""

SERVED_DOCUMENTATION = f"{DOCUMENTATION}; {_UNFRAMED}"
"""Policy of Swagger UI, as a header."""


def console(sign_in: str) -> str:
    """Return the policy of the console's pages, as a header; nothing inline runs or styles.

    Parameters
    ----------
    sign_in
        Origin of the sign-in pages: browsers apply `form-action` to redirects too, and signing out
        continues there.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; form-action 'self' {sign_in}; base-uri 'none'; {_UNFRAMED}"
    )


def drawn_by(scripts: Iterable[str]) -> str:
    """Return the policy of a page that only runs these inline scripts.

    React and Plotly, which render Evidently's page, set styles; the page's icons and images are
    data URLs. Neither evaluates strings as code.
    """
    hashes = " ".join(f"'{_source(script)}'" for script in scripts)
    return f"{PAGE}; script-src {hashes}; font-src data:; img-src data: blob:"


def opening(policy: str) -> str:
    """Return the start of a page; content before the policy would not be subject to it."""
    return f'{_OPENING} content="{policy}">'


def is_held(page: bytes) -> bool:
    """Return whether a stored page declares a policy in its first element."""
    return page.startswith(_OPENING.encode())


def _source(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
