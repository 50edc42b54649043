"""How measured figures become verdicts, prices, and the tables of the docs."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cost, drift, report
from benchmarks.layout import PAGE
from benchmarks.serving import BATCHES, TARGETS
from benchmarks.sides import EMPTY, PRODUCT, USUAL
from benchmarks.targets import Target
from modelfleet.prices import COMPUTE, INVOCATIONS


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
    at_least = 0.001 * 128 / 1024 * 1e6 * COMPUTE.usd + INVOCATIONS.usd
    assert cost.cost_of_a_million(seconds=1e-6, resident_mb=10) == pytest.approx(at_least)


def test_the_table_goes_between_its_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page shows what was measured, and nothing around the comments changes."""
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    monkeypatch.setattr(report, "PAGE", tmp_path / "benchmarks.md")
    (tmp_path / "serving.json").write_text(json.dumps(_found()))
    frame = "before\n<!-- serving: make bench -->{}<!-- serving: end -->\nafter\n"
    page = tmp_path / "benchmarks.md"
    page.write_text(frame.format("\nold\n"))
    report.update_page("serving")
    assert page.read_text() == frame.format(f"\n{report.table('serving')}\n")
    for target in TARGETS:
        assert target.text in report.table("serving")
    assert "missed" in report.table("serving")


def test_a_page_without_a_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures that would not be shown are an error."""
    monkeypatch.setattr(report, "PAGE", tmp_path / "benchmarks.md")
    (tmp_path / "benchmarks.md").write_text("no comments\n")
    with pytest.raises(ValueError, match="must contain <!-- serving"):
        report.update_page("serving")


def test_the_page_shows_the_saved_figures() -> None:
    """The committed table is the one that the committed figures give."""
    shown = PAGE.read_text()
    for name in ("serving", "models", "training", "drift", "quality"):
        assert f"<!-- {name}: make bench -->\n{report.table(name)}\n" in shown


def test_drift_is_told_as_ratios() -> None:
    """Each target of the drift benchmark has its two figures, their ratio and a verdict."""
    ours = {"processor_seconds": 1.0, "seconds": 2.0, "peak_mb": 500.0}
    theirs = {"processor_seconds": 24.0, "seconds": 50.0, "peak_mb": 1_000.0}
    machine = _found()["machine"]
    found = {
        "command": "make bench",
        "date": "2026-01-05",
        "machine": machine,
        "rows": 1_000,
        "columns": 2,
        "sides": {drift.PRODUCT: ours, drift.EVIDENTLY: theirs},
    }
    lines = report._TABLES["drift"](found).splitlines()
    assert lines[2] == "| processor seconds | 1.0 | 24.0 | at most 1/12 | 1/24 | ✓ |"
    assert lines[3] == "| peak memory in MB | 500.0 | 1,000.0 | at most 0.33x | 1/2 | missed |"


def test_the_simulation_is_told_as_shares() -> None:
    """Too many alarms are missed, and so is too little found."""
    machine = _found()["machine"]
    quiet = [{"model": "a", "rows": 1_000, "runs": 200, "found": found} for found in (2, 3)]
    changed = [{"change": "b", "rows": 1_000, "runs": 200, "found": found} for found in (198, 197)]
    found = {"command": "make bench", "date": "2026-01-05", "machine": machine}
    text = report._TABLES["power"](found | {"quiet": quiet, "changed": changed})
    assert "| a | 1,000 | 200 | 1.0% | ✓ |" in text
    assert "| a | 1,000 | 200 | 1.5% | missed |" in text
    assert "| b | 1,000 | 200 | 99.0% | ✓ |" in text
    assert "| b | 1,000 | 200 | 98.5% | missed |" in text


def test_other_ways_are_compared_with_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each figure of each side, with its ratio to that of the product."""
    sides = {"load": 10.0, "new": 12.0, "pandera": 5.0, "polars": 1.0}
    figures = {
        f"{side}_{figure}": value
        for side, value in sides.items()
        for figure in ("seconds", "elapsed_seconds", "peak_mb")
    }
    found = {**_found(), "columns": 20, "rows": {"1000": figures}}
    (tmp_path / "tables.json").write_text(json.dumps(found))
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    told = report.table("tables")
    assert "| `fleet new`, 1,000 rows | 12.0 s | 12.0 s | 30 s | 12 MB | 2,000 MB | ✓ |" in told
    assert "| 1,000 rows, peak memory | 10 MB (1.00x) | 5 MB (0.50x) | 1 MB (0.10x) |" in told
