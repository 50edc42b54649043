"""How measured figures become verdicts, prices and the README's tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cost, report
from benchmarks.layout import README
from benchmarks.serving import BATCHES, TARGETS
from benchmarks.sides import EMPTY, PRODUCT, USUAL
from benchmarks.targets import Target


def _figures(factor: float) -> dict[str, float]:
    names = ("cold_ms", "warm_p50_ms", "warm_p99_ms", "resident_mb", "packages_mb", "million_usd")
    rates = {f"rows_per_second_{n}": 10_000 / factor for n in BATCHES}
    return dict.fromkeys(names, 10.0 * factor) | rates


def _found() -> dict[str, Any]:
    sides = {EMPTY: _figures(1), PRODUCT: _figures(2), USUAL: _figures(8)}
    machine = {"cores": 2, "memory_gib": 8, "processor": "p", "python": "3.11"}
    return {"command": "make bench", "date": "2026-01-05", "machine": machine, "sides": sides}


def test_a_target_over_a_side_limits_the_ratio() -> None:
    """A ratio at its limit holds, and one past it does not."""
    target = Target("cold_ms", over=EMPTY, at_most=2.0, text="cold")
    sides = _found()["sides"]
    assert target.value(sides[PRODUCT], sides) == 2.0
    assert target.holds(2.0)
    assert not target.holds(2.01)


def test_a_target_alone_limits_the_figure() -> None:
    """Without a side to compare with, the figure itself is held against the limit."""
    target = Target("rows_per_second_1000", at_least=6_000, text="rows")
    value = target.value(_figures(2), {})
    assert value == 5_000
    assert not target.holds(value)


def test_half_a_core_bills_twice_the_time() -> None:
    """Below a whole core's memory the billed time grows as the share of the core shrinks."""
    assert cost.billed_ms(0.010, cost.MB_PER_CORE) == 10
    assert cost.billed_ms(0.010, cost.MB_PER_CORE * 2) == 10
    assert cost.billed_ms(0.010, 885) == pytest.approx(20, abs=1)


def test_a_millisecond_is_the_least_that_is_billed() -> None:
    """A million requests of a microsecond each cost a millisecond each, and the requests."""
    at_least = 0.001 * 128 / 1024 * 1e6 * cost.USD_PER_GB_SECOND + cost.USD_PER_MILLION_REQUESTS
    assert cost.cost_of_a_million(seconds=1e-6, resident_mb=10) == pytest.approx(at_least)


def test_the_table_goes_between_its_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README shows what was measured, and nothing around the comments changes."""
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(report, "README", tmp_path / "README.md")
    (tmp_path / "serving.json").write_text(json.dumps(_found()))
    frame = "before\n<!-- serving: make bench -->{}<!-- serving: end -->\nafter\n"
    readme = tmp_path / "README.md"
    readme.write_text(frame.format("\nold\n"))
    report.update_readme("serving")
    assert readme.read_text() == frame.format(f"\n{report.table('serving')}\n")
    for target in TARGETS:
        assert target.text in report.table("serving")
    assert "missed" in report.table("serving")


def test_a_readme_without_a_place_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures that would not be shown are an error."""
    monkeypatch.setattr(report, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text("no comments\n")
    with pytest.raises(ValueError, match="no place for serving"):
        report.update_readme("serving")


def test_the_readme_shows_the_kept_figures() -> None:
    """The committed table is the one that the committed figures give."""
    shown = README.read_text()
    for name in ("serving", "models", "training"):
        assert f"<!-- {name}: make bench -->\n{report.table(name)}\n" in shown
