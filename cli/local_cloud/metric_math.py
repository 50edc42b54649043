"""CloudWatch's metric math on the values of one period, as far as the fleet's alarms use it.

Amazon CloudWatch user guide, "Using math expressions with CloudWatch metrics".
"""

import ast
import operator
from collections.abc import Callable, Mapping
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


def calculate(expression: str, values: Mapping[str, Value]) -> Value:
    """Calculate an expression; what is missing makes missing what is made of it.

    Parameters
    ----------
    expression
        Arithmetic, comparisons, `IF` and `FILL` over ids.
    values
        What each id measured in the period; `None` where nothing was measured.

    Raises
    ------
    ValueError
        If the expression uses anything else.
    """
    try:
        return _value(ast.parse(expression, mode="eval").body, values)
    except SyntaxError as error:
        raise ValueError(f"no metric math: {expression}") from error


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.BinOp(left=left, op=operation, right=right):
            return _both(_ARITHMETIC, operation, _value(left, values), _value(right, values))
        case ast.Compare(left=left, ops=[operation], comparators=[right]):
            return _both(_COMPARISONS, operation, _value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            truth = _value(condition, values)
            return None if truth is None else _value(then if truth else otherwise, values)
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, filling]):
            found = _value(filled, values)
            return _value(filling, values) if found is None else found
    raise ValueError(f"metric math that is not known here: {ast.unparse(node)}")


def _both(
    known: Mapping[Any, Callable[..., Any]], kind: object, left: Value, right: Value
) -> Value:
    if type(kind) not in known:
        raise ValueError(f"an operator that is not known here: {type(kind).__name__}")
    if left is None or right is None:
        return None
    try:
        return float(known[type(kind)](left, right))
    except ZeroDivisionError:
        return None
