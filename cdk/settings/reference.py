"""Writes the table of settings in docs/configuration.md: `python -m cdk.settings.reference`."""

from pathlib import Path
from textwrap import wrap

from cdk.settings.schema import Setting, settings_of
from cdk.settings.stage import Stage

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
_START, _END = "<!-- settings: cdk/settings/reference.py -->", "<!-- end of settings -->"
_WIDTH = 100


def comment(setting: Setting) -> str:
    """Return the comment that documents a setting in a stage's file: its summary."""
    summary = " ".join(setting.documentation.partition("\n\n")[0].split())
    return "\n".join(
        wrap(summary, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    )


def page_with_table(page: str) -> str:
    """Return the page with a current table of settings."""
    head, _, rest = page.partition(_START)
    _, _, tail = rest.partition(_END)
    return f"{head}{_START}\n{_table()}\n{_END}{tail}"


def _table() -> str:
    rows = ["| setting | value | effect |", "|---|---|---|"]
    for each in settings_of(Stage).values():
        name = f"`{each.path}`" + ("" if each.required else " (optional)")
        rows.append(f"| {name} | {each.expected} | {' '.join(each.documentation.split())} |")
    return "\n".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page_with_table(PAGE.read_text()))
