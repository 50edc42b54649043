"""Try a model: the answer for one row, its explanation, and what if."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents
from modelfleet.console.views.trying.ask import AskedFunction, Explained, explained, scored
from modelfleet.console.views.trying.charts import Point, Step, sweep_chart, waterfall
from modelfleet.console.views.trying.form import OTHER, Field, Row, entered
from modelfleet.console.views.trying.sweep import can_change, swept_values
from modelfleet.pages.numbers import figure, percent
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.serving.replay import ReplayedRow
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import BundleError, CallError, ObjectNotFoundError
from modelfleet.spec.features import Column
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.reference_profile import ReferenceProfile

_STEPS = 8
_REST = "other columns"


@dataclass(frozen=True)
class Answer:
    """A prediction in words: its headline, and facts as names and texts."""

    headline: str
    facts: Sequence[tuple[str, str]]
    score: float
    threshold: float | None


@dataclass(frozen=True)
class Difference:
    """A column in which the compared rows differ, or their answers."""

    name: str
    other: str
    this: str


@dataclass(frozen=True)
class TryPage:
    """The form and what the model answers; `fault` says why there is no answer.

    `kept` are the fields of the row that this one is compared with.
    """

    condition: Condition
    pointer: ReleasePointer | None
    fields: Sequence[Field]
    columns: Sequence[str]
    swept: str = ""
    version: str = ""
    answer: Answer | None = None
    fall: Markup | None = None
    explained: Explained | None = None
    sweep: Markup | None = None
    points: Sequence[Point] = ()
    kept: Sequence[tuple[str, str]] = ()
    differences: Sequence[Difference] = ()
    private: bool = False
    ranks: bool = False
    fault: str = ""

    @property
    def valid(self) -> bool:
        """Whether all entered values are accepted."""
        return not any(field.fault for field in self.fields)


def try_page(
    spec: ModelSpec,
    documents: Documents,
    clock: Clock,
    function: AskedFunction,
    sent: Mapping[str, str],
) -> TryPage:
    """Return a form with the model's answer.

    Parameters
    ----------
    spec
        The model.
    documents
        Reads its documents.
    clock
        Returns the current time.
    function
        The model's predict function.
    sent
        The form's fields: the row, `sweep`, and the row to compare with.
    """
    found = documents.model(spec.name)
    form = entered(spec, sent)
    columns = spec.features.columns()
    page = TryPage(
        condition=condition(found, clock()),
        pointer=found.pointer,
        fields=form.fields,
        columns=[column.name for column in columns if can_change(column)],
        kept=_kept(columns, sent, form.fields),
        private=any(column.personal_data for column in columns),
        ranks=spec.task.kind.ranks,
    )
    if form.row is None or found.pointer is None:
        return page
    profile = _profile(documents, found.pointer)
    try:
        return _answered(page, spec, function, form.row, sent, found.pointer.champion, profile)
    except CallError as error:
        return replace(page, fault=str(error))


def _answered(
    page: TryPage,
    spec: ModelSpec,
    function: AskedFunction,
    row: Row,
    sent: Mapping[str, str],
    champion: str,
    profile: ReferenceProfile | None,
) -> TryPage:
    explanation = explained(function, spec.name, row)
    column = _swept(spec, sent.get("sweep", ""), explanation)
    values = swept_values(column, row, profile) if column else ()
    other = entered(spec, dict(page.kept), OTHER).row if page.kept else None
    changed = [{**row, column.name: value} for value in values] if column else []
    asked = [row, *([other] if other else []), *changed]
    version, answers = scored(function, champion, asked)
    own = _answer(spec, answers[0])
    if own is None:
        raise CallError(f"the model failed: {answers[0].error}", transient=False)
    before = _answer(spec, answers[1]) if other else None
    points = _points(values, answers[len(asked) - len(changed) :]) if column else []
    return replace(
        page,
        version=version,
        answer=own,
        explained=explanation,
        fall=_fall(explanation),
        swept=column.name if column else "",
        points=points,
        sweep=_sweep(column, row, points, own) if column and points else None,
        differences=list(_differences(spec, row, other, own, before)) if other and before else (),
    )


def _swept(spec: ModelSpec, name: str, explanation: Explained) -> Column | None:
    """Return the chosen column; by default, the one that contributes most."""
    known = {column.name: column for column in spec.features.columns() if can_change(column)}
    wanted = [name, *(each.feature for each in explanation.contributions), *known]
    return next((known[each] for each in wanted if each in known), None)


def _answer(spec: ModelSpec, answered: ReplayedRow) -> Answer | None:
    output = answered.output
    if answered.score is None or output is None:
        return None
    return _words(spec, answered.score, output)


def _words(spec: ModelSpec, score: float, output: Mapping[str, Any]) -> Answer:
    """Return an output's fields in words; each task has its own."""
    unit = f" {spec.target.unit}" if spec.target.unit else ""
    if "value" in output:
        ends = f"{figure(output['lower'])} to {figure(output['upper'])}{unit}"
        facts = [(f"{percent(output['level'], 0)} interval", ends)]
        return Answer(f"{figure(score)}{unit}", facts, score, None)
    label = output["label"]
    facts = [("class", spec.class_names[label] if isinstance(label, int) else str(label))]
    if "threshold" in output:
        facts += [("threshold", figure(output["threshold"])), ("risk", str(output["risk"]))]
    for name, share in sorted(output.get("probabilities", {}).items(), key=lambda each: -each[1]):
        facts.append((name, percent(share)))
    return Answer(f"probability {figure(score)}", facts, score, output.get("threshold"))


def _fall(explanation: Explained) -> Markup:
    made = explanation.contributions
    shown = [(each.feature, each.contribution) for each in made[:_STEPS]]
    if rest := made[_STEPS:]:
        shown.append((_REST, sum(each.contribution for each in rest)))
    steps, at = [], explanation.base_value
    for name, change in shown:
        steps.append(Step(name, at, change))
        at += change
    largest = shown[0][0] if shown else _REST
    summary = (
        f"From an average of {figure(explanation.base_value)} to {figure(explanation.prediction)}; "
        f"{largest} contributes most."
    )
    return waterfall(summary, explanation.base_value, steps, explanation.prediction)


def _points(values: Sequence[str | int | float], answers: Sequence[ReplayedRow]) -> list[Point]:
    """Return the values that the model accepts, with their scores."""
    return [
        Point(
            value if isinstance(value, str) else figure(value),
            float(number) if isinstance(value, str) else float(value),
            answer.score,
        )
        for number, (value, answer) in enumerate(zip(values, answers, strict=True))
        if answer.score is not None
    ]


def _sweep(column: Column, row: Row, points: Sequence[Point], own: Answer) -> Markup:
    value, named = row.get(column.name), not column.kind.is_numeric
    at = float(value) if isinstance(value, int | float) else points[0].at
    label = str(value) if named or value is None else figure(float(value))
    low, high = min(points, key=_score), max(points, key=_score)
    summary = (
        f"The prediction is lowest, {figure(low.score)}, at {column.name} {low.label}, and "
        f"highest, {figure(high.score)}, at {high.label}."
    )
    return sweep_chart(summary, points, Point(label, at, own.score), own.threshold, named)


def _score(point: Point) -> float:
    return point.score


def _kept(
    columns: Sequence[Column], sent: Mapping[str, str], fields: Sequence[Field]
) -> Sequence[tuple[str, str]]:
    """Return the row to compare with: this one if it is to be kept, or one kept earlier."""
    if "keep" in sent:
        return [(f"{OTHER}{field.column.name}", field.value) for field in fields]
    if "forget" in sent:
        return []
    known = [f"{OTHER}{column.name}" for column in columns]
    return [(name, sent[name]) for name in known if name in sent]


def _differences(
    spec: ModelSpec, row: Row, other: Row, own: Answer, before: Answer
) -> Iterator[Difference]:
    yield Difference("answer", before.headline, own.headline)
    for column in spec.features.columns():
        this, that = row.get(column.name), other.get(column.name)
        if this != that:
            yield Difference(column.name, _shown(that), _shown(this))


def _shown(value: object) -> str:
    return "missing" if value is None else f"{value:,}" if isinstance(value, float) else str(value)


def _profile(documents: Documents, pointer: ReleasePointer) -> ReferenceProfile | None:
    bundles = BundleStore(documents.artifacts)
    try:
        return bundles.profile(bundles.manifest(pointer.model, pointer.champion))
    except (BundleError, ObjectNotFoundError):
        # The declared ranges serve as well.
        return None
