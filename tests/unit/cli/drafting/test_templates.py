"""Whatever a table's names and values are, every template writes what it would of plain ones."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from cli.drafting import python_source, source_text
from cli.drafting.draft import ModelDraft
from cli.drafting.python_source import RawValueError, Source, literal, prose
from modelfleet.drafting.names import field_names, title_of
from modelfleet.drafting.plan import ColumnPlan, Role, TablePlan, TargetPlan
from modelfleet.drafting.settings import SpecSettings
from modelfleet.sampling.generator import GROUPS, LEVELS, RowGenerator
from modelfleet.spec.data_limits import DataLimits
from modelfleet.spec.dates import DatePart, DateRule
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.metric import Metric
from modelfleet.spec.model import Gate, Slices
from modelfleet.spec.task import Task
from modelfleet.spec.time_column import TimeColumn
from tests import hostile
from tests.attacks import many

MODEL = "hostile"
TEMPLATES = sorted(path.name for path in Path(source_text._TEMPLATES).iterdir())
# A table's names and values have no blanks at their ends, and no file holds half of a character.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
EVERY_TASK = pytest.mark.parametrize("task", Task)
EVERY_NAME = pytest.mark.parametrize("word", hostile.NAMES, ids=range(len(hostile.NAMES)))

METRICS = {
    Task.BINARY: (Metric.ROC_AUC, Metric.BRIER),
    Task.MULTICLASS: (Metric.LOG_LOSS, Metric.ROC_AUC_OVR),
    Task.REGRESSION: (Metric.MAE, Metric.R2),
}


def named(word: str, place: str) -> str:
    """A name of its own for each place, with the hostile part at both ends."""
    return f"{word}{place}{word}".strip() or place


def column(word: str, place: str, **found: Any) -> dict[str, Any]:
    """A column as the plan has it."""
    name = named(word, place)
    usual = {"name": name, "reason": word, "values": 3, "missing_share": 0.1}
    return {**usual, "title": title_of(name), **found}


def plan(word: str, task: Task) -> TablePlan:
    """A plan in which every text is hostile."""
    kinds = (named(word, "u"), named(word, "v"))
    features = [
        column(
            word, "number", kind=ColumnKind.NUMBER, minimum=0, maximum=9.5, example=1.5, unit=word
        ),
        column(word, "closed", kind=ColumnKind.CATEGORY, categories=kinds, example=kinds[0]),
        column(word, "open", kind=ColumnKind.CATEGORY, example=kinds[0][:60].strip()),
        column(
            word,
            "dated",
            kind=ColumnKind.DATE,
            example="2025-12-25T09:30:00+00:00",
            date=DateRule(
                timed=True, aware=True, parts=(DatePart.HOUR,), format=f"{word} %d.%m.%Y"
            ),
        ),
    ]
    fields = field_names([each["name"] for each in features])
    planned = [
        ColumnPlan(role=Role.FEATURE, field=fields[each["name"]], **each) for each in features
    ]
    aside = [ColumnPlan(role=role, **column(word, role.value)) for role in Role if role.is_left_out]
    labels = tuple(named(word, each) for each in "abc")
    target = TargetPlan(
        column=named(word, "target"),
        task=task,
        reason=word,
        labels=None if task is Task.REGRESSION else labels[: 2 if task is Task.BINARY else 3],
        negative=labels[0],
        positive=labels[1],
        minimum=0 if task is Task.REGRESSION else None,
        maximum=9 if task is Task.REGRESSION else None,
    )
    made = TablePlan(
        model=MODEL,
        source="table.csv",
        rows=300,
        rows_without=0,
        target=target,
        columns=(*planned, *aside),
        time=TimeColumn(column=named(word, "time"), format="%d.%m.%Y"),
        group=named(word, "group"),
        days=("2024-01-01", "2024-02-01"),
    )
    # A file's name may be what no text of a document can be.
    return made.model_copy(update={"source": f"{word}\udc80"})


def draft(word: str, task: Task) -> ModelDraft:
    """A draft in which every text is hostile."""
    planned = plan(word, task)
    number, closed, opened, dated = (each.name for each in planned.features)
    kinds = dict.fromkeys((named(word, "u"), named(word, "v")), 0.5)
    classes = planned.classes or (planned.target.negative, planned.target.positive)
    groups = len(classes) if task is not Task.REGRESSION else GROUPS
    generator = RowGenerator(
        target=dict.fromkeys(classes, 0.5) if task is not Task.REGRESSION else LEVELS,
        target_decimals=2,
        quantiles={number: (LEVELS,) * groups},
        decimals={number: 2},
        shares={closed: (kinds,) * groups, opened: (kinds,) * groups},
        missing={number: (0.1,) * groups, closed: (0.1,) * groups},
        days=planned.days,
        dates={dated: (("2025-12-25T09:30:00+00:00",) * len(LEVELS),) * groups},
        hours={dated: ({9: 1.0},) * groups},
    )
    metrics = METRICS[task]
    settings = SpecSettings(
        metrics=metrics,
        gate=Gate(primary=metrics[0], minimum={metrics[1]: 0.5}, margin=0.02),
        slices=Slices(columns={closed: (), number: (1.5, 2.5)}, metric=metrics[0], limit=0.5),
        data_limits=DataLimits(),
        expected=0.75,
        generated=0.75,
    )
    return ModelDraft(planned, settings, generator)


WORLD = source_text._environment()


def written(made: ModelDraft) -> Mapping[str, str]:
    """What each template in the folder writes, whether or not `render` would choose it."""
    values = source_text._values(made)
    return {name: WORLD.get_template(name).render(values) for name in TEMPLATES}


@cache
def harmless(task: Task) -> Mapping[str, tuple[str, list[str]]]:
    """The syntax and the comments of what each template writes of a table with plain names."""
    files = written(draft("plain", task))
    return {name: (shape(source), comments(source)) for name, source in files.items()}


def shape(source: str) -> str:
    """A file's syntax tree, without what its texts say."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.ClassDef):
            # Fields are called by their columns.
            node.body = [getattr(each, "value", each) for each in node.body]
        if isinstance(node, ast.Call):
            # A column whose name is its field's has no alias.
            node.keywords = [each for each in node.keywords if each.arg != "alias"]
    return ast.dump(tree)


def comments(source: str) -> list[str]:
    """What linters may read."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


@contextmanager
def executed(files: Mapping[str, str]) -> Iterator[Callable[[str], ModuleType]]:
    """Run files as the modules of a model, with nothing else in reach by that name."""
    package = f"models.{MODEL}"
    try:
        for name in ("spec", "sample"):
            module = ModuleType(f"{package}.{name}")
            sys.modules[module.__name__] = module
            exec(compile(files[f"{name}.py.j2"], name, "exec"), module.__dict__)  # noqa: S102  the test
        yield lambda name: sys.modules[f"{package}.{name}"]
    finally:
        for name in [name for name in sys.modules if name.startswith(package)]:
            del sys.modules[name]


def require_plain(word: str, task: Task) -> None:
    """Hold every template's output against that of harmless names."""
    for name, source in written(draft(word, task)).items():
        assert source.isascii(), name
        assert (shape(source), comments(source)) == harmless(task)[name], name


def require_values(word: str, task: Task) -> None:
    """Run what was written, and find every name and value as it was."""
    made = draft(word, task)
    with executed(written(made)) as module:
        spec, sample = module("spec").SPEC, module("sample").sample
        drawn = sample(20, 1)
    planned = made.plan
    assert spec.feature_names == tuple(each.name for each in planned.features)
    declared = spec.features.columns()
    assert [each.description for each in declared] == [each.title for each in planned.features]
    assert declared[1].categories == planned.features[1].categories
    assert [each.unit for each in declared] == [word or None, None, None, None]
    assert spec.target.column == planned.target.column
    assert spec.target.labels == planned.target.labels
    assert {*spec.identifiers, *spec.known_afterwards, *spec.ignored} == {
        each.name for each in planned.columns if each.role.is_left_out
    }
    assert set(spec.slices.columns) == {each.name for each in planned.features[:2]}
    expected = {*spec.feature_names, *(c.name for c in planned.columns), planned.target.column}
    assert spec.group == planned.group
    assert {*drawn[0]} == {*expected, planned.time.column, planned.group}  # type: ignore[union-attr]  # there is one
    kinds = {None, *planned.features[1].categories}
    assert {row[declared[1].name] for row in drawn} <= kinds
    if task is not Task.REGRESSION:
        assert {row[planned.target.column] for row in drawn} <= set(planned.target.labels or ())


@EVERY_TASK
@EVERY_NAME
def test_no_template_writes_more_than_it_says(word: str, task: Task) -> None:
    """Syntax, comments and letters are those of a table with harmless names."""
    require_plain(word, task)


@EVERY_TASK
@EVERY_NAME
def test_what_is_written_says_what_the_table_does(
    word: str, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and values read back as they are, and nothing else runs."""
    monkeypatch.chdir(tmp_path)
    require_values(word, task)
    assert not list(tmp_path.iterdir())


@EVERY_TASK
@settings(max_examples=many(25))
@given(word=TEXTS)
def test_no_text_at_all_writes_more(word: str, task: Task) -> None:
    """The same of texts that nobody has thought of."""
    require_plain(word, task)
    require_values(word, task)


@EVERY_TASK
@pytest.mark.parametrize("word", hostile.MARKUP, ids=range(len(hostile.MARKUP)))
def test_sentences_have_no_markup_of_the_table(word: str, task: Task) -> None:
    """A viewer that renders what describes the model and its target finds words alone."""
    with executed(written(draft(word, task))) as module:
        spec = module("spec").SPEC
    for sentence in (spec.title, spec.description, spec.target.description):
        assert re.fullmatch(r"[\w .:]+", sentence)
    for each in spec.features.columns():
        assert re.fullmatch(r"[\w ]+", each.description)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(st.characters()), inner),
))  # fmt: skip
def test_a_literal_reads_back_as_itself(value: Any) -> None:
    """Also halves of characters, and however deep it lies."""
    source = literal(value)
    assert source.isascii()
    assert ast.literal_eval(source) == value


@given(st.text(st.characters()))
def test_prose_ends_no_docstring_and_no_comment(text: str) -> None:
    """Whatever stands before and after it."""
    told = prose(text)
    assert told.isascii()
    assert not {"\n", '"', "#"} & set(told)
    assert ast.dump(ast.parse(f'"""{told}"""')) == ast.dump(
        ast.Module([ast.Expr(ast.Constant(ast.literal_eval(f'"{told}"')))], [])
    )


EDITORS = (
    "-*- mode: sh; eval: (shell-command 'x') -*-",
    "a -*-*- b -*-",
    "Local Variables:",
    "a local variables: b",
    "vim: set fde=system('x'):",
    "a vi:noai",
    "a\tex: x",
    "Vim<700: x",
    "vim>=800: x",
    "#vim: x",
    '"-*-\\-*-',
    "kak: x",
    "# kakoune: x",
    "a kate: script x;",
    "kate-wildcard(*): x;",
    "\\:mode=x:tabSize=9:",
)
READ_BY_EDITORS = re.compile(
    r"-\*-|local variables:|kate(-[^:\s]*)?:|:[a-z]+=|(^|\s)(vim?|ex|kak|kakoune)[<=>]*\d*:",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", EDITORS)
def test_no_text_commands_an_editor(text: str) -> None:
    """Editors read settings from the first and last lines of a file, some of which are code."""
    assert READ_BY_EDITORS.search(text.replace("#", " "))
    for said in (text, f"{text}{text}", f"x {text}", f"{text} x"):
        assert not READ_BY_EDITORS.search(prose(said))
        assert not READ_BY_EDITORS.search(literal(said))
        assert not READ_BY_EDITORS.search(literal({said: (said,)}))
        assert ast.literal_eval(literal(said)) == said


@EVERY_TASK
def test_no_file_commands_an_editor(task: Task) -> None:
    """Not even one whose columns or classes are a block of settings, a line each."""
    for text in EDITORS:
        for name, source in written(draft(text, task)).items():
            assert not READ_BY_EDITORS.search(source), name


@pytest.mark.parametrize("text", ["sex: male", "index: 3", "a: b", "9:30", "rate -*"])
def test_ordinary_texts_are_written_as_they_are(text: str) -> None:
    """Nothing is escaped that only resembles a setting."""
    assert literal(text) == ascii(text)


class _OwnNumber(int):
    def __str__(self) -> str:
        return 'open("PWNED","w")'

    __repr__ = __format__ = __str__  # type: ignore[assignment]  # the worst case


class _OwnText(str):
    def __repr__(self) -> str:
        return 'open("PWNED","w")'

    __slots__ = ()


@pytest.mark.parametrize(
    "value", [_OwnNumber(1), _OwnText("a"), float("nan"), float("inf"), object(), b"a", [1]]
)
def test_what_has_no_literal_is_refused(value: Any) -> None:
    """A kind of somebody's own says of itself what it likes."""
    with pytest.raises(RawValueError):
        literal(value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ raw }}",
        "{{- raw -}}",
        "{{ raw | upper }}",
        "{{ (raw | literal) ~ raw }}",
        "{{ (raw | literal) + '' }}",
        "{{ raw | literal | upper }}",
        "{{ raw | literal | string | trim }}",
        "{{ 'a' 'b' }}",
        "{{ raw if raw else '' }}",
        "{{ raw | safe }}",
        "{{ own }}",
        "{{ infinite }}",
        "{{ none }}",
        "{{ true }}",
        "{{ [raw] }}",
        "{{ raw, raw }}",
        "{% set x %}{{ raw | literal }}{% endset %}{{ x }}",
        "{% set x = raw %}{% for y in [x] %}{{ y }}{% endfor %}",
        "{% macro m() %}{{ raw | literal }}{% endmacro %}{{ m() }}",
        "{% block b %}{{ raw }}{% endblock %}",
        "{% include 'other' %}",
        "{% extends 'base' %}{% block b %}{{ raw }}{% endblock %}",
        "{% filter upper %}{{ raw }}{% endfilter %}",
        "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x) m() %}{{ raw }}{% endcall %}",
    ],
)
def test_a_template_that_prints_a_raw_value_is_refused(template: str) -> None:
    """In whatever way it does so; the error names the template and the expression."""
    world = python_source.environment(Path())
    others = {"other": "{{ raw }}", "base": "{% block b %}{% endblock %}", "own": template}
    world.loader = DictLoader(others)
    values = {"raw": "os", "own": _OwnNumber(1), "infinite": float("inf")}
    with pytest.raises(RawValueError, match=r"(own|other): \{\{ .* \}\} prints a raw|literal"):
        world.get_template("own").render(values)


def test_source_and_numbers_are_printed() -> None:
    """As they are."""
    world = python_source.environment(Path())
    told = world.from_string("{{ a | literal }} {{ b }} {{ 0.5 }} {{ c }}")
    assert told.render(a="a", b=7, c=Source("x.y")) == "'a' 7 0.5 x.y"


@pytest.mark.static
def test_no_other_templates_write_files() -> None:
    """Only `fleet new` renders source files; pages have an environment of their own."""
    root = Path(__file__).parents[4]
    found = {
        path.relative_to(root).as_posix()
        for folder in ("cli", "layers", "functions", "cdk", "benchmarks")
        for path in (root / folder).rglob("*.py")
        if "jinja2" in path.read_text() and Environment.__name__ in path.read_text()
    }
    pages = "layers/modelfleet/pages/render.py"
    assert found == {"cli/drafting/python_source.py", "cli/drafting/source_text.py", pages}
