"""The section of a model card that tells each of more than two classes."""

from modelfleet.pages.shell import Cell, Markup, box, paragraph, section, table, tag
from modelfleet.pages.text import escape
from modelfleet.registry.manifest import BundleManifest
from modelfleet.statistics.results import ClassResult
from modelfleet.training.card.sections import interval, number


def classes(manifest: BundleManifest) -> str:
    """Each of more than two classes by itself, the one that is found least first."""
    results = manifest.evaluation.classes if manifest.evaluation else ()
    if not results:
        return ""
    found = sorted(results, key=lambda result: result.recall.value)
    rows = [_class_row(result, number == 0) for number, result in enumerate(found)]
    told = "Of each class's rows, the share that is taken for it; of what is, the share that is it."
    header = ("class", "rows", "found", "95 % interval", "right", "95 % interval")
    return section("Classes", paragraph(told, "soft"), box(table(header, rows, 0)))


def _class_row(result: ClassResult, worst: bool) -> tuple[Cell, ...]:
    name = Markup(f"{tag('worst', 'bad').html} ") if worst else Markup("")
    precision = result.precision
    return (
        Markup(name.html + escape(result.name)),
        f"{result.rows:,}",
        number(result.recall.value),
        interval(result.recall),
        number(precision.value) if precision else "never called",
        interval(precision) if precision else "",
    )
