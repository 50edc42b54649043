"""Numbers as pages show them."""

_SMALL, _LARGE = 1_000, 10_000


def number_text(value: float) -> str:
    """A number for people: no more digits than tell something, and years without a comma."""
    if abs(value) >= _LARGE:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < _SMALL else f"{value:.0f}"
