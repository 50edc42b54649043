"""Page rendering with a single Jinja environment that makes all text safe.

Templates are next to the code that renders them and extend ``pages/templates/shell.html.j2``.
Every printed expression is made visible (see `text`) and then escaped, except `Markup`, which
only `charts` creates.
"""

from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from modelfleet.pages import policy
from modelfleet.pages.neighbors import MARK
from modelfleet.pages.numbers import (
    ago,
    counted,
    figure,
    measure,
    metric_name,
    p_value,
    percent,
    significant,
    value_text,
    with_interval,
)
from modelfleet.pages.text import visible

PACKAGE = Path(__file__).parents[1]


def render(template: str, **values: object) -> str:
    """Render a template.

    Parameters
    ----------
    template
        Path below the package, such as ``drift/page.html.j2``.
    values
        Variables of the template; a missing one is an error.
    """
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    """Return the environment of all pages."""
    found = Environment(
        loader=FileSystemLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["neighbors"] = Markup(MARK)  # noqa: S704  # nosec B704  # ours
    found.globals["opening"] = Markup(policy.opening(policy.PAGE))  # noqa: S704  # nosec B704  # ours
    found.filters |= {
        "ago": ago,
        "count": "{:,}".format,
        "counted": counted,
        "figure": figure,
        "general": "{:g}".format,
        "measure": measure,
        "metric_name": metric_name,
        "p_value": p_value,
        "percent": percent,
        "significant": significant,
        "timestamp": _timestamp,
        "value_text": value_text,
        "with_interval": with_interval,
    }
    return found


def _visible(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def _timestamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
