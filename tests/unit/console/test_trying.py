"""People try a model in the browser; nothing of it is traffic."""

from typing import Any

import pytest

from modelfleet.console.access.role import Role
from tests.console import BASE, RunningConsole, UserPool
from tests.console_documents import NOW, SPEC, Stored
from tests.hostile import HOSTILE

TRY = f"/console/models/{SPEC.name}/try"
NAMES = [column.name for column in SPEC.features.columns()]
EXAMPLE = SPEC.features.example()


@pytest.fixture
def running(pool: UserPool) -> RunningConsole:
    """The console of a released model."""
    made = RunningConsole(pool, {SPEC.name: SPEC})
    made.time = NOW
    Stored(made.artifacts).pointer()
    return made


def read(running: RunningConsole, status: Any = 200, **fields: Any) -> str:
    """Return the page for these values of the row, or other fields of the form."""
    sent = {f"x.{name}": str(value) for name, value in EXAMPLE.items()} if fields else {}
    sent |= {f"x.{name}" if name in NAMES else name: text for name, text in fields.items()}
    answer = running.browser(running.session(Role.VIEWER)).get(TRY, params=sent)
    assert answer.status_code == status
    return answer.text


def table(*rows: dict[str, object], names: list[str] = NAMES) -> bytes:
    """Return a CSV file of example rows with changed values."""
    lines = [",".join(str((EXAMPLE | row).get(name, "")) for name in names) for row in rows]
    return "\n".join([",".join(names), *lines]).encode()


def rank(running: RunningConsole, content: bytes, action: str = "show") -> str:
    """Upload a table as a viewer."""
    session = running.session(Role.VIEWER)
    answer = running.browser(session).post(
        f"{TRY}/ranking",
        data={"csrf": running.token(session), "action": action},
        files={"table": ("rows.csv", content, "text/csv")},
    )
    assert answer.status_code == 200
    return answer.text


def test_the_form_is_the_schema(running: RunningConsole) -> None:
    """It starts with the example: each column with its unit, its range, and its categories."""
    text = read(running)
    assert all(f'name="x.{name}"' in text for name in NAMES)
    assert "Age (18 to 100 years)" in text
    assert "<option selected>France</option>" in text
    assert running.functions.asked[0] == EXAMPLE


def test_a_row_is_answered_and_explained(running: RunningConsole) -> None:
    """The answer, its class by the threshold, what contributes, and which version it was."""
    text = read(running, CreditScore="600", Geography="Spain")
    assert "probability 0.500" in text
    assert "threshold <strong>0.400</strong>" in text
    assert "From an average of 0.200 to 0.500; CreditScore contributes most." in text
    assert "version 7" in text
    assert running.functions.asked[0] == {**EXAMPLE, "CreditScore": 600, "Geography": "Spain"}


def test_a_column_is_swept(running: RunningConsole) -> None:
    """All of its values are scored in the same call; the others stay."""
    assert "What if CreditScore changes" in read(running)
    running.functions.asked.clear()
    text = read(running, sweep="Geography", CreditScore="600")
    assert "What if Geography changes" in text
    asked = [row["Geography"] for row in running.functions.asked]
    assert asked == ["France", "France", "Germany", "Spain"]
    assert {row["CreditScore"] for row in running.functions.asked} == {600}


def test_two_rows_are_compared(running: RunningConsole) -> None:
    """The kept row stays in the form; what differs is listed with both answers."""
    kept = read(running, CreditScore="600", keep="1")
    assert '<input type="hidden" name="y.CreditScore" value="600">' in kept
    other = {f"y.{name}": str(value) for name, value in (EXAMPLE | {"CreditScore": 600}).items()}
    text = read(running, CreditScore="720", **other)
    assert '<th scope="row">CreditScore</th><td>600</td><td>720</td>' in text
    assert "<td>probability 0.500</td><td>probability 0.700</td>" in text
    assert '<th scope="row">Age</th>' not in text
    assert 'name="y.CreditScore"' not in read(running, CreditScore="720", forget="1", **other)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Age", "17"),
        ("Age", ""),
        ("Age", "old"),
        ("Age", "nan"),
        ("Age", "1e999"),
        ("Age", "9" * 5000),
        ("Age", "4.5"),
        ("Geography", "Atlantis"),
    ],
)
def test_a_value_that_the_schema_refuses_is_named(
    running: RunningConsole, column: str, value: str
) -> None:
    """The model is not asked."""
    text = read(running, **{column: value})
    assert f"<li>{column}: " in text
    assert running.functions.asked == []


def test_a_missing_value_may_be_tried_where_the_schema_has_it(running: RunningConsole) -> None:
    """An empty field is a missing value."""
    read(running, Tenure="")
    assert running.functions.asked[0]["Tenure"] is None


def test_a_model_that_does_not_answer_is_said_so(running: RunningConsole) -> None:
    """The form keeps what was entered."""
    running.functions.is_down = True
    text = read(running, Age="77")
    assert "The model does not answer:" in text
    assert 'value="77"' in text
    assert "Not ranked:" in rank(running, table({}))


def test_without_a_version(pool: UserPool) -> None:
    """The page says how to get one, and offers no ranking."""
    made = RunningConsole(pool, {SPEC.name: SPEC})
    text = read(made)
    assert "No version serves yet." in text
    assert "Rank a table" not in text


def test_a_table_is_ranked(running: RunningConsole) -> None:
    """Best first; rows that the schema refuses are last, with the reason."""
    content = table({"CreditScore": 420}, {"CreditScore": 880}, {"Age": 5})
    text = rank(running, content)
    assert "<strong>2 rows ranked</strong>" in text
    assert "1 row refused" in text
    lines = rank(running, content, "download").splitlines()
    assert [line.split(",")[:3] for line in lines] == [
        ["rank", "score", "CreditScore"],
        ["1", str(580 / 600), "880"],
        ["2", "0.2", "420"],
        ["", "", "619"],
    ]
    assert "Age: " in lines[3]


def test_a_ranking_is_not_an_address(running: RunningConsole) -> None:
    """Choosing a theme on it, or reloading it, leads to the form."""
    answer = running.browser(running.session(Role.VIEWER)).get(f"{TRY}/ranking")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/models/bankchurn/try")


def test_a_download_runs_no_formula(running: RunningConsole) -> None:
    """Columns of the file that the model does not read are kept, as text."""
    content = table({"note": "=1+1"}, names=[*NAMES, "note"])
    assert "'=1+1" in rank(running, content, "download")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (table(), "no rows"),
        (table({}, names=NAMES[1:]), "no column CreditScore"),
        (table({}, names=[*NAMES, "Age"]), "same name"),
        (table({}) + b",,", "fields, the header"),
        (table(*[{}] * 1001), "at most 1,000"),
    ],
)
def test_a_table_that_cannot_be_ranked_is_refused(
    running: RunningConsole, content: bytes, told: str
) -> None:
    """The page says why."""
    text = rank(running, content)
    assert "Not ranked:" in text
    assert told in text


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip() and text.isprintable()])
def test_what_is_entered_is_text(running: RunningConsole, text: str) -> None:
    """It opens no tag, wherever it is entered."""
    plain = read(running, Geography="x", Age="x", sweep="x").count("<")
    assert read(running, Geography=text, Age=text, sweep=text).count("<") == plain
    names = [*NAMES, "note"]
    cell = text.replace(",", "").replace("\n", "").replace("\r", "").replace('"', "")
    plain = rank(running, table({"note": "x"}, names=names)).count("<")
    content = "\n".join([",".join(names), ",".join([*map(str, EXAMPLE.values()), cell])])
    assert rank(running, content.encode("utf-8", "replace")).count("<") == plain
