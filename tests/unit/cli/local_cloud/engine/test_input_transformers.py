"""Input templates are filled as EventBridge fills them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from ministack.services import eventbridge

from cli.local_cloud.engine.input_transformers import substitute_unescaped

INJECTION = 'x","force":true,"by":"x'


@pytest.fixture
def render(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Any]], str]:
    """Fill a template with values."""
    substitute_unescaped(monkeypatch.setattr)
    render: Callable[[str, dict[str, Any]], str] = eventbridge._render_input_template
    return render


def test_a_text_is_quoted_and_not_escaped(render: Callable[[str, dict[str, Any]], str]) -> None:
    """A text with quotation marks ends its value, and adds others."""
    filled = render('{"evidence":<evidence>}', {"evidence": INJECTION})
    assert json.loads(filled) == {"evidence": "x", "force": True, "by": "x"}


def test_a_text_within_a_text_is_not_escaped(render: Callable[[str, dict[str, Any]], str]) -> None:
    """Nor where the template quotes it itself."""
    filled = render('{"evidence":"<evidence>"}', {"evidence": INJECTION})
    assert json.loads(filled)["force"] is True


@pytest.mark.parametrize("value", [["a", 'b"c'], {"a": 'b"c'}, 7, 1.5, True, None], ids=str)
def test_other_values_are_json(render: Callable[[str, dict[str, Any]], str], value: Any) -> None:
    """Documents, lists and numbers are inserted as their JSON."""
    assert json.loads(render('{"value":<value>}', {"value": value})) == {"value": value}


def test_an_unknown_name_stays(render: Callable[[str, dict[str, Any]], str]) -> None:
    """A template's own angle brackets are no mistake."""
    assert render('{"value":"<other>"}', {}) == '{"value":"<other>"}'
