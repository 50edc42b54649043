"""The model card: what stands in each of its sections, and what never does."""

import re
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.registry.manifest import BundleManifest, JudgedModel
from modelfleet.spec.model import Metric, ModelSpec, Slices
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.reference_profile import NumberProfile, ReferenceProfile
from modelfleet.statistics.results import (
    CalibrationChoice,
    CandidateScore,
    Closeness,
    Comparison,
    Estimate,
    Evaluation,
    LearningPoint,
    PairedTest,
    Selection,
    SliceResult,
    ThresholdChoice,
)
from modelfleet.training.card.build import CardMaterial, render_card, with_verdict
from modelfleet.training.card.plots import Plot
from tests.serving import manifest

BANKCHURN = find("bankchurn").model_copy(
    update={"slices": Slices(columns={"Geography": ()}, metric=Metric.ROC_AUC, limit=0.7)}
)
NOTHING = NumberProfile(
    missing_share=0.0,
    minimum=None,
    maximum=None,
    mean=None,
    standard_deviation=None,
    edges=(),
    shares=(),
)
PROFILE = ReferenceProfile(rows=1_000, columns={}, prediction=NOTHING)
PROMOTED = Verdict(decision=Decision.PROMOTE, reasons=("better <beyond> chance",))


def measured(group: str, value: float) -> SliceResult:
    """A group with its measure."""
    estimate = Estimate(value=value, lower=value - 0.05, upper=value + 0.05)
    return SliceResult(column="Geography", group=group, rows=400, estimate=estimate)


SMALL = SliceResult(column="Geography", group="Malta", rows=3, note="fewer than 100 rows")
EVALUATION = Evaluation(
    rows=2_000,
    metrics={
        "roc_auc": Estimate(value=0.8512, lower=0.8311, upper=0.8713),
        "brier": Estimate(value=0.1234),
    },
    slice_metric="roc_auc",
    slices=(measured("France", 0.85), measured("Germany", 0.72), measured("Spain", 0.83), SMALL),
)
FULL = manifest(BANKCHURN, "", b"").model_copy(
    update={
        "code_version": "c0de",
        "metrics": {"roc_auc": 0.8512, "brier": 0.1234},
        "evaluation": EVALUATION,
        "calibration": CalibrationChoice(
            kind="isotonic", brier={"none": 0.14, "isotonic": 0.12}, reason="isotonic is best"
        ),
        "threshold_choice": ThresholdChoice(
            objective="recall_at_least",
            threshold=0.4,
            rows=2_000,
            recall=0.71,
            precision=0.52,
            called_share=0.28,
            reason="the best precision with a recall of 0.7",
        ),
        "selection": Selection(
            metric="roc_auc",
            folds=5,
            rows=6_000,
            candidates=(
                CandidateScore(name="boosting", scores=(0.8, 0.9), mean=0.85, spread=0.05),
                CandidateScore(
                    name="soft_voting",
                    scores=(0.86, 0.88),
                    mean=0.87,
                    spread=0.01,
                    parameters={"depth": 3},
                ),
                CandidateScore(
                    name="blend",
                    scores=(0.85, 0.87),
                    mean=0.86,
                    spread=0.01,
                    weights={"boosting": 0.6, "linear": 0.4},
                    microseconds=12.5,
                ),
            ),
            too_slow="boosting",
            accuracy_cost=0.0021,
            learning_curve=(
                LearningPoint(rows=2_000, scores=(0.79, 0.81), mean=0.8, spread=0.01),
                LearningPoint(rows=4_000, scores=(0.86, 0.88), mean=0.87, spread=0.01),
            ),
            chosen="soft_voting",
            reason="soft_voting is best",
            trials=12,
            trials_pruned=5,
        ),
    }
)


class Words(HTMLParser):
    """What a page says, without its markup; and what it would load."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.told: list[str] = []
        self.loads: list[str] = []
        self._style = False
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note references; `style` is no text."""
        self._style = tag == "style"
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]
        self.loads += [tag] if tag in ("script", "link", "iframe", "img") else []

    def handle_data(self, data: str) -> None:
        """Note text."""
        if not self._style:
            self.told.append(data)

    @property
    def text(self) -> str:
        """Everything in one line."""
        return re.sub(r"\s+", " ", " ".join(self.told))


def card(
    spec: ModelSpec = BANKCHURN, known: BundleManifest = FULL, **material: object
) -> tuple[bytes, str]:
    """A card, and its words."""
    page = render_card(spec, known, CardMaterial(PROFILE, **material))  # type: ignore[arg-type]  # as the fields are called
    return page, Words(page).text


@pytest.mark.parametrize(
    "told",
    [
        BANKCHURN.title,
        BANKCHURN.description,
        "data set version d1",
        "0.8512 0.8311 to 0.8713",
        "Measured on 2,000 held-out rows, with 95% intervals.",
        "at least 0.65; primary metric",
        "at most 0.25",
        "worst Geography = Germany",
        "ROC AUC by slice; the gate requires at least 0.7.",
        "positive at a probability of 0.4000 or higher: the best precision with a recall of 0.7.",
        "2,000 validation rows: recall 71.0%, precision 52.0%, 28.0% of rows predicted positive",
        "Calibration: isotonic; isotonic is best.",
        "Too small to measure: 1 slice, listed under known gaps.",
        "5-fold cross-validation on 6,000 training rows. Tuned in 12 trials, 5 of them pruned.",
        "soft voting 0.8700 ± 0.0100 - - depth 3 chosen",
        "blend 0.8600 ± 0.0100 - 12.5 60% boosting, 40% linear",
        "Cost of speed: 0.0021 of ROC AUC, the lead of boosting in the cross-validation. The spec "
        "requires 40,000 rows per second and a p50 of 5 ms on one core.",
        "More rows are likely to help. From 2,000 to 4,000 rows, the ROC AUC changed from "
        "0.8000 to 0.8700.",
        "Brier score 0.1400 0.1200",
        "population stability index (PSI) exceeds 0.2",
        "The data checks raised no warnings.",
        "code c0de",
        "at most 0.0e+00 on 10 rows",
    ],
)
def test_it_says(told: str) -> None:
    """Purpose, data, metrics with intervals, slices, threshold, candidates and origin are told."""
    assert told in card()[1]


def test_slices_come_worst_first() -> None:
    """The reader sees the weakest group before the others."""
    text = card()[1]
    places = [text.index(f"Geography = {name}") for name in ("Germany", "Spain", "France")]
    assert places == sorted(places)
    assert text.count("Malta") == 1


def test_generated_rows_are_called_so() -> None:
    """The first figures that one reads say that their rows were made up."""
    data = FULL.data.model_copy(update={"generated": True})
    _, text = card(known=FULL.model_copy(update={"data": data}))
    assert "1,000 rows fitted, generated" in text
    assert "the rows were generated" in text


def test_the_judged_twin_is_named() -> None:
    """The reader learns that the figures are not of the model that serves, and how far apart."""
    close = Closeness(difference=0.0123, learned_error=0.1, limit=0.2)
    judged = JudgedModel(data=FULL.data.model_copy(update={"rows": 800}), closeness=close)
    _, text = card(known=FULL.model_copy(update={"judged": judged}))
    assert "fitted on the other 800 rows" in text
    assert "differ by 0.0123 on average" in text
    assert "twin" not in card()[1]


def test_plots_and_warnings_are_shown() -> None:
    """What was drawn stands in the page, and what the checks of the data found."""
    plot = Plot("roc", "ROC", "Read it like this.", Markup("<svg><path d='M0 0'/></svg>"))
    page, text = card(plots=(plot,), warnings=("12 rows <repeat>",))
    assert plot.svg in page.decode()
    assert "Read it like this." in text
    assert "The data checks raised warnings: 12 rows <repeat>" in text


def test_it_loads_nothing_and_runs_nothing() -> None:
    """The page is whole by itself: no reference, no script, no frame."""
    page, _ = card()
    assert Words(page).loads == []
    assert b"http" not in page
    assert b"@import" not in page


def test_a_bundle_without_findings_has_a_card_too() -> None:
    """Manifests from before findings were recorded say what they know, and no more."""
    _, text = card(known=manifest(BANKCHURN, "", b""))
    assert "ROC AUC 0.8000" in text
    for absent in ("Slices", "Candidates", "Classes", "None", "nan"):
        assert absent not in text


@pytest.mark.parametrize(
    ("scale", "told"),
    [
        ("relative", "between 0.80 and 1.25 times the prediction"),
        ("absolute", "from -0.2000 to +0.2500 USD around the prediction"),
    ],
)
def test_interval_of_a_regression(scale: str, told: str) -> None:
    """A regression tells its interval in its own words."""
    interval = PredictionInterval.model_validate(
        {"level": 0.8, "lower_offset": -0.2, "upper_offset": 0.25, "scale": scale}
    )
    spec = find("carvision")
    known = manifest(spec, "", b"").model_copy(update={"interval": interval, "target_unit": "USD"})
    _, text = card(spec, known)
    assert f"80% of actual values are expected {told}" in text


def test_the_verdict_takes_its_place() -> None:
    """What the gate said stands where the card said that it is not known yet."""
    page, before = card()
    assert "Pending when this card was written" in before
    decided = with_verdict(page, PROMOTED, None, "7")
    text = Words(decided).text
    assert "Verdict on version 7 promote better <beyond> chance" in text
    assert "Pending" not in text
    assert with_verdict(decided, PROMOTED, None, "8") == decided
    assert "Verdict promote" in Words(with_verdict(page, PROMOTED)).text


def test_the_comparison_is_told_with_its_numbers() -> None:
    """Each paired test has both values, the difference, its interval where it has one, and p."""
    delong = PairedTest(
        name="DeLong",
        metric="roc_auc",
        candidate=0.85,
        champion=0.84,
        difference=0.01,
        lower=0.002,
        upper=0.018,
        p_value=0.0123,
    )
    mcnemar = PairedTest(
        name="McNemar", metric="accuracy", candidate=0.8, champion=0.8, difference=0.0, p_value=1.0
    )
    comparison = Comparison(
        champion_version="3",
        champion_dataset="d0",
        candidate_dataset="d1",
        rows=2_000,
        primary=delong,
        others=(mcnemar,),
    )
    text = Words(with_verdict(card()[0], PROMOTED, comparison, "4")).text
    assert "Compared with version 3 on the same 2,000 rows" in text
    assert "ROC AUC 0.8500 0.8400 +0.0100 +0.0020 to +0.0180 0.0123 DeLong" in text
    assert "accuracy 0.8000 0.8000 +0.0000 1 McNemar" in text


def test_a_card_from_elsewhere_stays_as_it_is() -> None:
    """A page that has no place for a verdict is not touched."""
    assert with_verdict(b"<html></html>", PROMOTED, None, "1") == b"<html></html>"
