"""The model card: one self-contained page that says what a bundle is and how good it is."""

from collections.abc import Iterable
from html import escape
from string import Template

from modelfleet.domain.bundle import BundleManifest
from modelfleet.domain.spec import ModelSpec

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem 1.5rem .2rem 0}</style></head>
<body><h1>$title</h1><p>$description</p>
<h2>Training</h2><table>$training</table>
<h2>Decision</h2><table>$decision</table>
<h2>Metrics on held-out rows</h2><table>$metrics</table>
<h2>Columns</h2><table>$columns</table></body></html>
""")


def render_card(spec: ModelSpec, manifest: BundleManifest) -> bytes:
    """Render the card of a bundle whose manifest lacks nothing but its files and version."""
    page = _PAGE.substitute(
        title=escape(spec.title),
        description=escape(spec.description),
        training=_table(_training(manifest)),
        decision=_table(_decision(manifest)),
        metrics=_table((name, f"{value:.4f}") for name, value in manifest.metrics.items()),
        columns=_table((column.name, column.description) for column in manifest.features),
    )
    return page.encode()


def _training(manifest: BundleManifest) -> list[tuple[str, str]]:
    return [
        ("Data set version", manifest.data.dataset_version),
        ("Training rows", str(manifest.data.rows)),
        ("Estimator", manifest.estimator),
        ("Run", manifest.run_id),
        ("Largest difference of the export", f"{manifest.parity.maximum_difference:.1e}"),
    ]


def _decision(manifest: BundleManifest) -> list[tuple[str, str]]:
    rows = []
    if manifest.threshold is not None:
        rows.append(("Positive from probability", f"{manifest.threshold:.4f}"))
    if (interval := manifest.interval) is not None:
        unit = "of the prediction" if interval.scale == "relative" else manifest.target_unit or ""
        ends = f"{interval.lower_offset:+.4g} to {interval.upper_offset:+.4g} {unit}"
        rows.append((f"{interval.level:.0%} prediction interval", ends))
    return rows


def _table(rows: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows
    )
