"""The part of CloudWatch's metric math that the fleet's alarms use, on the values of one period.

Source: Amazon CloudWatch user guide, "Using math expressions with CloudWatch metrics".
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

Value = float | None


def calculate(
    expression: str, values: Mapping[str, Value], before: Mapping[str, Value] | None = None
) -> Value:
    """Evaluate an expression; missing values propagate.

    Parameters
    ----------
    expression
        Arithmetic, comparisons, `IF`, `FILL`, and `DIFF` over IDs.
    values
        Each ID's value in the period; `None` if it has none.
    before
        The values in the previous period, for `DIFF`.

    Raises
    ------
    ValueError
        If the expression uses anything else.
    """
    try:
        return _value(ast.parse(expression, mode="eval").body, values, before or {})
    except SyntaxError as error:
        raise ValueError(f"invalid metric math: {expression}") from error


def _value(node: ast.expr, values: Mapping[str, Value], before: Mapping[str, Value]) -> Value:
    def value(part: ast.expr) -> Value:
        return _value(part, values, before)

    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.BinOp(left=left, op=operation, right=right):
            return _both(_ARITHMETIC, operation, value(left), value(right))
        case ast.Compare(left=left, ops=[operation], comparators=[right]):
            return _both(_COMPARISONS, operation, value(left), value(right))
        case ast.Call(func=ast.Name(id="DIFF"), args=[series]) if before:
            return _both(_ARITHMETIC, ast.Sub(), value(series), _value(series, before, {}))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _chosen(name, [partial(value, part) for part in arguments])
    raise ValueError(f"unsupported metric math: {ast.unparse(node)}")


def _chosen(name: str, arguments: list[Callable[[], Value]]) -> Value:
    match name, arguments:
        case "IF", [condition, then, otherwise]:
            truth = condition()
            return None if truth is None else (then() if truth else otherwise())
        case "FILL", [filled, filling]:
            found = filled()
            return filling() if found is None else found
    raise ValueError(f"unsupported function in metric math: {name}")


def _both(
    known: Mapping[Any, Callable[..., Any]], kind: object, left: Value, right: Value
) -> Value:
    if type(kind) not in known:
        raise ValueError(f"unsupported operator in metric math: {type(kind).__name__}")
    if left is None or right is None:
        return None
    try:
        return float(known[type(kind)](left, right))
    except ZeroDivisionError:
        return None
