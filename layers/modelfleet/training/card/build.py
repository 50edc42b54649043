"""The model card: one self-contained page that says what a bundle is and how far to trust it."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.pages.shell import box, bullets, page, paragraph, section, table, tag
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.statistics.results import Comparison, PairedTest
from modelfleet.training.card import sections
from modelfleet.training.card.classes import classes
from modelfleet.training.card.gaps import known_gaps
from modelfleet.training.card.plots import Plot

# Stands where the verdict goes: the gate decides when the card has long been written.
_UNDECIDED = "<!-- verdict -->"
_NOT_YET = (
    "Not known when this card was written: the gate decides after training, and the card of a "
    "registered version says what it said."
)
_KINDS = {Decision.PROMOTE: "good", Decision.KEEP: "one", Decision.BLOCK: "bad"}


@dataclass(frozen=True)
class CardMaterial:
    """What a card shows and a manifest does not hold.

    Attributes
    ----------
    profile
        Of the training rows.
    plots
        Of the held-out rows.
    warnings
        What the checks of the data found.
    """

    profile: ReferenceProfile
    plots: Sequence[Plot] = ()
    warnings: Sequence[str] = ()


def render_card(spec: ModelSpec, manifest: BundleManifest, material: CardMaterial) -> bytes:
    """Render the card of a bundle whose manifest lacks nothing but its files and version."""
    gaps = known_gaps(manifest, material.profile)
    return page(
        "Model card",
        spec.title,
        spec.description,
        (
            sections.summary(spec, manifest),
            f"{_UNDECIDED}{section('Verdict', box(paragraph(_NOT_YET, 'soft')))}{_UNDECIDED}",
            sections.measures(spec, manifest),
            classes(manifest),
            sections.slices(spec, manifest),
            sections.decision(manifest),
            sections.drawings(material.plots),
            sections.limits(spec, manifest, material.warnings, gaps),
            sections.candidates(manifest),
            sections.columns(manifest),
            sections.origin(manifest),
        ),
    )


def with_verdict(
    card: bytes, verdict: Verdict, comparison: Comparison | None = None, version: str | None = None
) -> bytes:
    """A card as it was, with what the gate said.

    A card that has no place for it, such as one from before cards had verdicts, stays as it is.

    Parameters
    ----------
    card
        As it was rendered.
    verdict, comparison
        What the gate said, and what it went by; no comparison where there is no champion.
    version
        Under which the candidate is registered, if it is.
    """
    before, mark, rest = card.decode().partition(_UNDECIDED)
    _, _, after = rest.partition(_UNDECIDED)
    if not mark:
        return card
    decided = section(
        f"Verdict on version {version}" if version else "Verdict",
        box(
            f"<p>{tag(verdict.decision.value, _KINDS[verdict.decision]).html}</p>"
            f"{bullets(verdict.reasons)}{_compared(comparison)}"
        ),
    )
    return f"{before}{decided}{after}".encode()


def _compared(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    tests = (comparison.primary, *comparison.others)
    whose = f" of {comparison.rows_of}" if comparison.rows_of else ""
    told = (
        f"Against version {comparison.champion_version} on the same {comparison.rows:,} rows"
        f"{whose}:"
    )
    header = ("metric", "this version", "champion", "difference", "95 % interval", "p", "test")
    return paragraph(told) + table(header, [_test_row(test) for test in tests])


def _test_row(test: PairedTest) -> tuple[str, ...]:
    ends = (
        f"{test.lower:+.4g} to {test.upper:+.4g}"
        if test.lower is not None and test.upper is not None
        else ""
    )
    return (
        sections.label(test.metric),
        sections.number(test.candidate),
        sections.number(test.champion),
        f"{test.difference:+.4g}",
        ends,
        f"{test.p_value:.3g}",
        test.name,
    )
