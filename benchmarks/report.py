"""Writes results as JSON, and as tables in the docs."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import drift, models, power, tables, training
from benchmarks.layout import DRIFT_PAGE, PAGE, README, REPOSITORY, RESULTS
from benchmarks.packages import versions
from benchmarks.quality.figures import FLEET, PLAIN, gaps
from benchmarks.serving import BATCHES, TARGETS
from benchmarks.sides import EMPTY, PRODUCT, USUAL

COMMAND = "make bench"
_NAMED = (
    *("fastapi", "mangum", "pydantic", "onnxruntime", "mlflow", "scikit-learn", "xgboost-cpu"),
    *("evidently", "scipy", "numpy"),
)
_ROWS = (
    ("cold_ms", "cold start, model fetched from S3", "{:,.0f} ms"),
    ("cold_processor_ms", "… of which processor time", "{:,.0f} ms"),
    ("warm_p50_ms", "warm prediction, p50", "{:.2f} ms"),
    ("warm_p99_ms", "warm prediction, p99", "{:.2f} ms"),
    *((f"rows_per_second_{n}", f"rows/s in batches of {n:,}", "{:,.0f}") for n in BATCHES),
    ("resident_mb", "resident memory", "{:,.0f} MB"),
    ("packages_mb", "installed packages", "{:,.0f} MB"),
    ("million_usd", "price of a million warm predictions in Lambda", "${:.2f}"),
)


def write_result(name: str, found: Mapping[str, Any]) -> Path:
    """Write a suite's results, with the machine and package versions."""
    content = {"command": COMMAND, "date": datetime.now(UTC).date().isoformat()}
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    full = {**content, "machine": _machine(), "versions": _versions(), **found}
    path.write_text(json.dumps(full, indent=2) + "\n")
    return path


def table(name: str) -> str:
    """Return the table of a suite's stored results.

    Raises
    ------
    FileNotFoundError
        If the suite has no results.
    """
    return _TABLES[name](_result(name))


def _result(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


def update_page(name: str) -> Path:
    """Replace a suite's table between its two comments in the docs.

    Raises
    ------
    ValueError
        If the page does not have the comments exactly once.
    """
    page = _PAGES.get(name, PAGE)
    _replace(page, name, table(name))
    if name in _SENTENCES:
        _replace(README, name, _SENTENCES[name](_result(name)))
    return page


def _replace(page: Path, name: str, written: str) -> None:
    start, end = f"<!-- {name}: make bench -->", f"<!-- {name}: end -->"
    text = page.read_text()
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"{page.name} must contain {start} and {end} exactly once")
    before, rest = text.split(start)
    after = rest.split(end)[1]
    page.write_text(f"{before}{start}\n{written}\n{end}{after}")


def _serving_table(found: Mapping[str, Any]) -> str:
    sides = found["sides"]
    lines = ["| | modelfleet | empty function | usual way |", "|---|---|---|---|"]
    for figure, title, form in _ROWS:
        cells = [_cell(sides[side], figure, form) for side in (PRODUCT, EMPTY, USUAL)]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    lines += ["", "| target | limit | measured | |", "|---|---|---|---|"]
    for target in TARGETS:
        value = target.value(sides[PRODUCT], sides)
        measured = f"{value:,.0f}" if target.over is None else f"{value:.2f}x"
        verdict = "✓" if target.holds(value) else "missed"
        lines.append(f"| {target.text} | {target.limit} | {measured} | {verdict} |")
    return "\n".join([*lines, "", _origin(found)])


def _training_table(found: Mapping[str, Any]) -> str:
    lines = [
        "| training | rows | time | limit | bundle | peak memory | |",
        "|---|---|---|---|---|---|---|",
    ]
    for model, figures in found["models"].items():
        seconds, limit = figures["total_seconds"], training.limit_seconds(model)
        holds = (
            seconds <= limit
            and figures["bundle_mb"] <= training.BUNDLE_MB
            and figures["peak_mb"] <= training.MEMORY_MB
        )
        lines.append(
            f"| {model} | {figures['rows']:,} | {seconds:.1f} s | {limit:.0f} s "
            f"| {figures['bundle_mb']:.1f} MB | {figures['peak_mb']:,.0f} MB "
            f"| {'✓' if holds else 'missed'} |"
        )
    return "\n".join([*lines, "", _origin(found)])


def _tables_table(found: Mapping[str, Any]) -> str:
    lines = [
        f"| {found['columns']} columns | processor time | wall-clock time | limit | peak memory "
        "| limit | |",
        "|---|---|---|---|---|---|---|",
    ]
    for rows, figures in found["rows"].items():
        for what, command in (("load", "fleet data load"), ("new", "fleet new")):
            seconds, peak = figures[f"{what}_seconds"], figures[f"{what}_peak_mb"]
            holds = seconds <= tables.MOST_SECONDS and peak <= tables.MEMORY_MB
            lines.append(
                f"| `{command}`, {int(rows):,} rows | {seconds:.1f} s "
                f"| {figures[f'{what}_elapsed_seconds']:.1f} s | {tables.MOST_SECONDS:.0f} s "
                f"| {peak:,.0f} MB | {tables.MEMORY_MB:,} MB | {'✓' if holds else 'missed'} |"
            )
    sides = (("load", "`fleet data load`"), ("pandera", "pandas + pandera"), ("polars", "Polars"))
    lines += [
        "",
        f"| relative to `fleet data load` | {' | '.join(title for _, title in sides)} |",
        "|---|---|---|---|",
    ]
    for rows, figures in found["rows"].items():
        for figure, title, form in (
            ("seconds", "processor time", "{:.1f} s"),
            ("elapsed_seconds", "wall-clock time", "{:.1f} s"),
            ("peak_mb", "peak memory", "{:,.0f} MB"),
        ):
            ours = figures[f"load_{figure}"]
            each = [figures[f"{side}_{figure}"] for side, _ in sides]
            cells = (f"{form.format(value)} ({value / ours:.2f}x)" for value in each)
            lines.append(f"| {int(rows):,} rows, {title} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", _origin(found)])


def _models_table(found: Mapping[str, Any]) -> str:
    lines = [
        "| processor time per row | predicted | cached | in a batch | explained | slowest | |",
        "|---|---|---|---|---|---|---|",
    ]
    for model, figures in found["models"].items():
        slowest = figures["explain_slowest_ms"]
        lines.append(
            f"| {model} | {figures['scored_us']:,.0f} µs | {figures['remembered_us']:,.0f} µs "
            f"| {figures['batched_us']:,.0f} µs | {figures['explain_ms']:.0f} ms "
            f"| {slowest:.0f} ms of {models.EXPLAIN_MS:.0f} | "
            f"{'✓' if slowest < models.EXPLAIN_MS else 'missed'} |"
        )
    return "\n".join([*lines, "", _origin(found)])


def _drift_table(found: Mapping[str, Any]) -> str:
    sides = found["sides"]
    lines = [
        f"| {found['rows']:,} rows of {found['columns']} columns "
        "| modelfleet | Evidently | limit | measured | |",
        "|---|---|---|---|---|---|",
    ]
    for target in drift.TARGETS:
        ours, theirs = (sides[side][target.figure] for side in (drift.PRODUCT, drift.EVIDENTLY))
        value = target.value(sides[drift.PRODUCT], sides)
        verdict = "✓" if target.holds(value) else "missed"
        lines.append(
            f"| {target.text} | {ours:,.1f} | {theirs:,.1f} | {target.limit} | 1/{1 / value:.0f} "
            f"| {verdict} |"
        )
    ours, theirs = (sides[side]["seconds"] for side in (drift.PRODUCT, drift.EVIDENTLY))
    lines.append(f"| wall-clock seconds | {ours:,.1f} | {theirs:,.1f} | | | |")
    return "\n".join([*lines, "", _origin(found)])


def _power_table(found: Mapping[str, Any]) -> str:
    lines = ["| no change | rows | runs | false alarms | |", "|---|---|---|---|---|"]
    for run in found["quiet"]:
        holds = run["found"] <= power.FALSE_ALARMS_MAXIMUM * run["runs"]
        lines.append(_power_row(run["model"], run, holds=holds))
    lines += ["", "| change | rows | runs | detected | |", "|---|---|---|---|---|"]
    for run in found["changed"]:
        holds = run["found"] >= power.FOUND_MINIMUM * run["runs"]
        lines.append(_power_row(run["change"], run, holds=holds))
    return "\n".join([*lines, "", _origin(found)])


def _power_row(name: str, run: Mapping[str, Any], *, holds: bool) -> str:
    share = run["found"] / run["runs"]
    verdict = "✓" if holds else "missed"
    return f"| {name} | {run['rows']:,} | {run['runs']:,} | {share:.1%} | {verdict} |"


def _quality_table(found: Mapping[str, Any]) -> str:
    count, seeds = len(found["tables"]), found["seeds"]
    lines = [
        f"| {count} tables, {seeds} seeds | mean rank, 0 is best | error against HGB "
        "| significantly worse than HGB |",
        "|---|---|---|---|",
    ]
    for side, figures in found["sides"].items():
        lines.append(
            f"| {side} | {figures['rank']:.2f} | {figures['gap']:+.1%} | {figures['lost']} |"
        )
    sides = [side for side in found["sides"] if side != PLAIN]
    lines += ["", f"| error against HGB | rows | {' | '.join(sides)} |", "|---" * 6 + "|---|"]
    for name, figures in found["tables"].items():
        each = gaps(figures["errors"])
        cells = " | ".join(f"{each[side]:+.1%}" for side in sides)
        lines.append(f"| {name} | {figures['rows']:,} | {cells} |")
    return "\n".join([*lines, "", _origin(found)])


def _quality_sentence(found: Mapping[str, Any]) -> str:
    sides = found["sides"]
    ours, plain = sides[FLEET], sides[PLAIN]
    direction = "lower" if ours["gap"] < plain["gap"] else "higher"
    listed = "; ".join(
        f"{side}: {figures['gap']:+.1%}"
        for side, figures in sides.items()
        if side not in (FLEET, PLAIN)
    )
    return (
        f"On {len(found['tables'])} [tables](docs/benchmarks.md#quality), the default training's "
        f"error is {abs(ours['gap']):.1%} {direction} than scikit-learn's HGB's\n"
        f"({listed}); mean rank {ours['rank']:.2f}, 0 is best."
    )


_TABLES = {
    "serving": _serving_table,
    "models": _models_table,
    "training": _training_table,
    "drift": _drift_table,
    "power": _power_table,
    "tables": _tables_table,
    "quality": _quality_table,
}
_PAGES = {"power": DRIFT_PAGE}
_SENTENCES = {"quality": _quality_sentence}


def _cell(figures: Mapping[str, float], figure: str, form: str) -> str:
    return form.format(figures[figure]) if figure in figures else ""


def _origin(found: Mapping[str, Any]) -> str:
    machine = found["machine"]
    return (
        f"`{found['command']}`, {found['date']}, {machine['cores']} cores "
        f"({machine['processor']}), {machine['memory_gib']} GiB, Python {machine['python']}"
    )


def _machine() -> dict[str, Any]:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _versions() -> dict[str, str]:
    locked = versions(REPOSITORY / "requirements" / "dev.txt")
    return {name: locked[name] for name in _NAMED}
