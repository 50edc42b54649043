"""Source files of a new model, rendered from templates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

from cli.drafting.draft import ModelDraft
from cli.drafting.python_source import Source, environment, identifier, literal, number
from modelfleet.drafting.names import model_title, plain_words
from modelfleet.drafting.plan import ColumnPlan, Role
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.spec.categories import Unseen
from modelfleet.spec.data_limits import DataLimits, Limit
from modelfleet.spec.features import ColumnKind

_TEMPLATES = Path(__file__).with_name("templates")
# Settings of the spec for columns that are not features, with the roles and a comment.
_LEFT_OUT = (
    (
        "identifiers",
        (Role.IDENTIFIER, Role.PERSONAL),
        "They identify a row or a person: never features, never stored, never logged.",
    ),
    (
        "known_afterwards",
        (Role.LEAK, Role.AFTERWARDS),
        "They leak the target, or are only known once it is.",
    ),
    (
        "ignored",
        (Role.CONSTANT, Role.EMPTY, Role.DATE, Role.TEXT, Role.DROPPED),
        "They carry no signal (constants, dates, free text, empty columns) or were dropped.",
    ),
)


def render(draft: ModelDraft) -> dict[str, str]:
    """Return the unformatted content of each file, by name."""
    values = _values(draft)
    templates = {
        "__init__.py": "__init__",
        "spec.py": "spec",
        "sample.py": "sample",
    }
    templates_of = _environment()
    return {
        name: templates_of.get_template(f"{template}.py.j2").render(values)
        for name, template in templates.items()
    }


def _environment() -> Environment:
    world = environment(_TEMPLATES)
    world.filters.update(
        {
            "annotation": _annotation,
            "declaration": _declaration,
            "numbers": _numbers,
        }
    )
    return world


def _values(draft: ModelDraft) -> dict[str, Any]:
    plan = draft.plan
    return {
        "plan": plan,
        "settings": draft.settings,
        "generator": draft.generator,
        "features": f"{plan.model.capitalize()}Features",
        "title": model_title(plan.model, plan.target.column),
        "left_out": [(field, _names(draft, roles), reason) for field, roles, reason in _LEFT_OUT],
        "widened": _widened(draft.settings.data_limits),
        **_sentences(draft),
    }


def _names(draft: ModelDraft, roles: Sequence[Role]) -> tuple[str, ...]:
    # A column without a name cannot be declared.
    return tuple(column.name for column in draft.plan.of(*roles) if column.name)


def _widened(limits: DataLimits) -> list[tuple[str, Limit]]:
    usual = DataLimits()
    return [
        (name, found)
        for name in DataLimits.model_fields
        if isinstance(found := getattr(limits, name), Limit) and found != getattr(usual, name)
    ]


def _sentences(draft: ModelDraft) -> dict[str, str]:
    target, expected = draft.plan.target, draft.settings.attainable
    # Sentences may be rendered as markup, so they only contain names made of plain words.
    column, positive = plain_words(target.column) or "the target", target.positive or ""
    if positive != plain_words(positive):
        positive = "the positive class"
    names = {"column": column, "positive": positive}
    return DRAFTS[target.task].sentences(target.model_copy(update=names), expected)


def _annotation(column: ColumnPlan) -> Source:
    day = "datetime.datetime" if column.date and column.date.timed else "datetime.date"
    types = {ColumnKind.NUMBER: "float", ColumnKind.INTEGER: "int", ColumnKind.DATE: day}
    kind = types.get(column.kind or ColumnKind.CATEGORY, "str")
    if kind == "str" and column.categories:
        kind = f"Literal[{', '.join(map(literal, column.categories))}]"
    return Source(f"{kind} | None" if column.nullable else kind)


def _declaration(column: ColumnPlan) -> Source:
    """Return the call that declares a field."""
    given: dict[str, Source] = {}
    if column.kind is ColumnKind.CATEGORY:
        call = "category" if column.categories else "open_category"
        if column.categories and column.unseen is Unseen.SCORE:
            given = {"unseen": literal(Unseen.SCORE.value)}
    elif column.date is not None:
        call = "date"
        given = {"parts": literal(tuple(map(str, column.date.parts)))}
        if column.date.aware:
            given["aware"] = literal(True)
        if column.date.format is not None:
            given["format"] = literal(column.date.format)
    else:
        call = "number"
        given = {"minimum": number(column.minimum), "maximum": number(column.maximum)}
    given["example"] = literal(column.example)
    optional = {
        "unit": column.unit,
        "nullable": column.nullable or None,
        "sensitive": column.sensitive or None,
        "alias": column.alias,
        "missing_words": column.missing_words or None,
        "value_words": column.value_words or None,
    }
    given |= {name: literal(value) for name, value in optional.items() if value is not None}
    return _call(call, literal(column.title), given)


def _call(name: str, first: Source, given: dict[str, Source]) -> Source:
    named = [f"{identifier(each)}={value}" for each, value in given.items()]
    return Source(f"{identifier(name)}({', '.join([first, *named])})")


def _numbers(values: Sequence[float]) -> Source:
    inner = ", ".join(map(number, values))
    return Source(f"({inner},)" if len(values) == 1 else f"({inner})")
