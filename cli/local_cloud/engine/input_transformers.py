"""Substitutes values into input templates as EventBridge does, which escapes none.

MiniStack escapes a text outside quotation marks. EventBridge only puts it between some, so a text
that contains quotation marks can end its value and add others. The user guide says so under
"Common issues with transforming input":
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import eventbridge

from cli.local_cloud.engine.replacement import Replace

_SUBSTITUTE = "_render_placeholder"


def substitute_unescaped(replace: Replace) -> None:
    """Replace MiniStack's substitution of texts."""
    substitute: Callable[..., str] = getattr(eventbridge, _SUBSTITUTE, str)

    def unescaped(name: str, token: str, values: Mapping[str, Any], in_string: bool) -> str:
        value = values.get(name)
        if isinstance(value, str) and not in_string:
            return f'"{value}"'
        return substitute(name, token, values, in_string)

    replace(eventbridge, _SUBSTITUTE, unescaped)
