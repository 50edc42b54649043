"""Each setting's type, range, and documentation, as the dataclasses declare them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter

# The file's name says it.
FROM_FILE_NAME = "name"
# In paths: the name that a stage gives to an entry of a table.
ANY_NAME = "NAME"

_TYPES = {
    "boolean": "true or false",
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
}
_BOUNDS = {
    "minimum": "of at least",
    "exclusiveMinimum": "over",
    "maximum": "at most",
    "exclusiveMaximum": "under",
}
_MEANINGS = {
    "domain": "a domain name such as models.example.com",
    "certificate_arn": "the ARN of a certificate in ACM",
    "hosted_zone_id": "the ID of a hosted zone, which starts with Z",
    "alert_email": "an email address",
    "alert_webhook": "an address that starts with https://",
    "allowed_origins": "a list of origins such as https://app.example.com, or *",
    "repository": "OWNER/NAME, or OWNER@ID/NAME@ID if GitHub's tokens contain IDs",
    "clients": "tables [clients.NAME]; names have lower-case letters, digits, and hyphens",
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting, by its path in a file."""

    path: str
    expected: str
    documentation: str
    required: bool


def settings_of(kind: type) -> dict[str, Setting]:
    """Return all settings of a dataclass by path, in the order in which it declares them."""
    schema = TypeAdapter(kind).json_schema()
    found = _settings(schema, schema.get("$defs", {}), "")
    return {each.path: each for each in found if each.path != FROM_FILE_NAME}


def unknown(path: str, known: Mapping[str, Setting]) -> str:
    """Say that there is no such setting, and which one may have been meant."""
    table, _, name = _generic(path, known).rpartition(".")
    for each in known:
        if each.rpartition(".")[2] == name:
            return f"unknown setting; it belongs {_place(each)}"
    siblings = [each.rpartition(".")[2] for each in known if each.rpartition(".")[0] == table]
    close = get_close_matches(name, siblings, n=1)
    return f"unknown setting; did you mean {close[0]}?" if close else "unknown setting"


def declared(path: str, known: Mapping[str, Setting]) -> str:
    """Return the path of the declaration of a setting, or of the table that an entry is in."""
    generic = _generic(path, known)
    return generic if generic in known else generic.removesuffix(f".{ANY_NAME}")


def _generic(path: str, known: Mapping[str, Setting]) -> str:
    """Return a path with a placeholder for the name that a file gives to an entry of a table."""
    table, _, rest = path.partition(".")
    if not rest or not any(each.startswith(f"{table}.{ANY_NAME}.") for each in known):
        return path
    _, dot, field = rest.partition(".")
    return f"{table}.{ANY_NAME}{dot}{field}"


def _place(path: str) -> str:
    table = path.rpartition(".")[0]
    return f"in [{table}]" if table else "above the first [table]"


def _settings(
    node: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str
) -> Iterator[Setting]:
    for name, given in node["properties"].items():
        path = prefix + name
        inner, table = _resolved(given, definitions), f"{path}."
        (entry,) = inner.get("patternProperties", {"": None}).values()
        if entry is not None:
            inner, table = _resolved(entry, definitions), f"{path}.{ANY_NAME}."
        yield Setting(
            path=path,
            expected=_MEANINGS.get(path) or _expected(inner, definitions),
            documentation=given.get("description", inner.get("description", "")),
            required=name in node.get("required", ()),
        )
        if "properties" in inner:
            yield from _settings(inner, definitions, table)


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node itself, or what it refers to, without the alternative `None`."""
    if "$ref" in node:
        return definitions[node["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]
    for each in node.get("anyOf", ()):
        if each.get("type") != "null":
            return _resolved(each, definitions)
    return node


def _expected(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "properties" in node:
        return "a table"
    if "enum" in node:
        *most, last = map(str, node["enum"])
        return f"{', '.join(most)} or {last}"
    if node.get("type") == "array":
        return f"a list, each entry {_expected(_resolved(node['items'], definitions), definitions)}"
    return _TYPES[node["type"]] + _range(node)


def _range(node: Mapping[str, Any]) -> str:
    bounds = [f"{words} {node[name]:,}" for name, words in _BOUNDS.items() if name in node]
    steps = [f"in steps of {node['multipleOf']}"] if "multipleOf" in node else []
    return ", ".join(filter(None, [" " + " and ".join(bounds) if bounds else "", *steps]))
