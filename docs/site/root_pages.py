"""MkDocs hook: the Markdown files of the repository's root are pages of the site.

They stay where GitHub looks for them, and the site links to them like to any other page.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
}
_ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"""(\]\(|(?:src|srcset|href)=")([^)"#:]+)""")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages, with links as they are from inside docs/."""
    for name, target in PAGES.items():
        text = (_ROOT / name).read_text(encoding="utf-8")
        content = _LINK.sub(lambda link: link[1] + _from_root(link[2]), text)
        if target == "index.md":
            # Nothing else is in the home page's section.
            content = f"---\nhide: [navigation]\n---\n{content}"
        files.append(File.generated(config, target, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links that leave docs/ for the root into links to the site's pages."""
    folder = posixpath.dirname(page.file.src_uri)
    return _LINK.sub(lambda link: link[1] + _from_docs(link[2], folder), markdown)


def _from_root(path: str) -> str:
    return PAGES.get(path, path.removeprefix("docs/"))


def _from_docs(path: str, folder: str) -> str:
    outside = posixpath.normpath(posixpath.join("docs", folder, path))
    return posixpath.relpath(PAGES[outside], folder or ".") if outside in PAGES else path
