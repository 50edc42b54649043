"""Turning a file into a data set version."""

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import DatasetManifest, NewestDataset, Origin, TimeBoundaries
from modelfleet.datasets.rows_file import read_frame
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import ConflictError, DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn
from modelfleet.storage import keys
from modelfleet.storage.documents import ATTEMPTS
from modelfleet.storage.object_store import ObjectStore, StoredObject
from modelfleet.tables.spreadsheet import write_rows

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 1, 3, tzinfo=UTC)
HEADER = "customer,age,income,colour,town,bought"
_COIN = random.Random(1)  # noqa: S311  # not a secret
# As many as it takes to train on, beside a few whose values the tests know.
MANY = [
    f"x,{18 + n % 80},{n},red,{'Oslo' if n % 3 else ''},{_COIN.randrange(2)}" for n in range(400)
]
ROWS = ["Ada,30,12.5,red,Pisa,1", "Bob,41,,blue,NA,0", "Cid,52,7,red,Rome,no", *MANY]
WriteTable = Callable[..., Path]


def contents(store: ObjectStore) -> dict[str, bytes]:
    """Everything that is stored below the lake's prefixes."""
    found = [*store.keys(keys.DATASETS), *store.keys(keys.QUARANTINE)]
    return {key: store.get(key).content for key in found}


def newest(store: ObjectStore) -> str:
    """The version that the pointer names."""
    content = store.get(keys.newest_dataset("toy")).content
    return NewestDataset.model_validate_json(content).version


def test_a_version_holds_rows_manifest_and_quarantine(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """A load stores the accepted rows, what is known of them, and why others were set aside."""
    path = write_table(HEADER, *ROWS, "Dan,17,1,red,Pisa,1")
    manifest = load(binary, path, lake, "ada", NOW)
    stored = contents(lake)
    assert set(stored) == {
        f"datasets/toy/{manifest.version}/rows.parquet",
        f"datasets/toy/{manifest.version}/manifest.json",
        f"datasets/toy/{manifest.version}/report.json",
        f"datasets/toy/{manifest.version}/report.html",
        "datasets/toy/newest.json",
        f"quarantine/toy/{manifest.version}.jsonl",
    }
    document = stored[f"datasets/toy/{manifest.version}/manifest.json"]
    assert DatasetManifest.model_validate_json(document) == manifest
    assert newest(lake) == manifest.version
    (line,) = stored[f"quarantine/toy/{manifest.version}.jsonl"].splitlines()
    assert json.loads(line)["line"] == len(ROWS) + 2


def test_the_manifest_says_what_was_loaded(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """Counts, columns, source and target are those of the file."""
    path = write_table(f"{HEADER},extra", *(f"{row},x" for row in ROWS), "Dan,17,1,red,Pisa,1,x")
    manifest = load(binary, path, lake, "ada", NOW)
    positive = sum(row.endswith(",1") for row in ROWS)
    assert (manifest.rows, manifest.quarantined) == (len(ROWS), 1)
    assert manifest.columns == ("age", "income", "colour", "town", "bought")
    share = pytest.approx(positive / len(ROWS))
    assert manifest.target_summary == {"positive": positive, "positive_share": share}
    assert (manifest.source, manifest.created_by, manifest.created_at) == ("toy.csv", "ada", NOW)
    assert manifest.unused == ("extra",)
    assert manifest.sha256.startswith(manifest.version)


def test_a_regression_target_is_summed_up(
    regression: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """A numeric target is described by its range and its middle."""
    prices = [2_000, 3_000, 7_000] * 100
    random.Random(1).shuffle(prices)  # noqa: S311  # not a secret
    rows = [f"{18 + n % 80},{n},red,Pisa,{price}" for n, price in enumerate([*prices, 999])]
    manifest = load(
        regression, write_table("age,income,colour,town,price", *rows), lake, "ada", NOW
    )
    assert manifest.target_summary == {
        "minimum": 2_000, "median": 3_000, "mean": 4_000, "maximum": 7_000,
    }  # fmt: skip


def test_identifiers_are_never_stored(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """No object holds the value of an identifier, of accepted rows or of rejected ones."""
    load(binary, write_table(HEADER, *ROWS, "Zacharias,17,1,red,Pisa,1"), lake, "me", NOW)
    for content in contents(lake).values():
        for name in (b"Ada", b"Bob", b"Cid", b"Zacharias", b"customer"):
            assert name not in content


def test_the_same_rows_are_the_same_version(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """Order, delimiter and identifiers make no new version, and the stored one stays as it is."""
    first = load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    before = contents(lake)
    again = write_table(*(line.replace(",", ";") for line in (HEADER, *reversed(ROWS))))
    second = load(binary, again, lake, "bob", LATER)
    assert second.version == first.version
    assert contents(lake) == before


def test_stored_bytes_do_not_depend_on_the_order(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """Two buckets that get the same rows in another order hold the same file."""
    first = load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    load(binary, write_table(HEADER, *reversed(ROWS)), artifacts, "ada", NOW)
    key = f"{keys.dataset('toy', first.version)}/rows.parquet"
    assert artifacts.get(key).content == lake.get(key).content


def test_duplicates_count(binary: ModelSpec, write_table: WriteTable, lake: ObjectStore) -> None:
    """A row that stands twice in the file is another data set than one that stands once."""
    once = load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    twice = load(binary, write_table(HEADER, *ROWS, ROWS[0]), lake, "ada", NOW)
    assert twice.version != once.version
    content = lake.get(f"{keys.dataset('toy', twice.version)}/rows.parquet").content
    assert len(read_frame(content)) == len(ROWS) + 1


def test_the_pointer_follows_the_last_load(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """Loading an older file again makes it the newest data set."""
    old = load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    new = load(binary, write_table(HEADER, *ROWS[1:]), lake, "ada", NOW)
    assert newest(lake) == new.version
    load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    assert newest(lake) == old.version


def test_a_version_knows_the_one_before(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """The parent is what was newest at the first load, and stays it when rows come again."""
    first = load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    second = load(binary, write_table(HEADER, *ROWS[1:]), lake, "ada", NOW)
    again = load(binary, write_table(HEADER, *ROWS), lake, "ada", LATER)
    assert (first.parent, second.parent, again.parent) == (None, first.version, None)


def test_the_manifest_declares_each_column(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """What the schema was when the version was made is kept with it, and where rows come from."""
    path = write_table(HEADER, *ROWS)
    manifest = load(binary, path, lake, "ada", NOW)
    declared = {column.name: column for column in manifest.declaration}
    assert list(declared) == ["age", "income", "colour", "town", "bought"]
    assert (declared["age"].minimum, declared["age"].unit) == (18, "years")
    assert declared["colour"].categories == ("red", "blue")
    assert declared["town"].nullable
    assert declared["bought"].role == "target"
    assert manifest.known_afterwards == ("seconds",)
    assert manifest.origins == {Origin.FILE: len(ROWS)}
    assert manifest.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_time_is_kept_beside_the_features(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """It is read as the file spells it, stored in one spelling, and draws the boundaries."""
    timed = binary.model_copy(update={"time": TimeColumn(column="seen", format="%m/%d/%y")})
    rows = [f"{row},{1 + 10 * n // len(ROWS)}/1/26" for n, row in enumerate(ROWS)]
    manifest = load(timed, write_table(f"{HEADER},seen", *rows, f"{ROWS[0]},soon"), lake, "a", NOW)
    assert (manifest.rows, manifest.quarantined) == (len(ROWS), 1)
    assert manifest.time_boundaries == TimeBoundaries(
        validation_from="2026-06-01", test_from="2026-08-01"
    )
    content = lake.get(f"{keys.dataset('toy', manifest.version)}/rows.parquet").content
    assert set(read_frame(content)["seen"]) == {f"2026-{month:02}-01" for month in range(1, 11)}
    with pytest.raises(DatasetError, match="column seen is missing"):
        load(timed, write_table(HEADER, *ROWS), lake, "ada", NOW)


def test_a_table_over_a_limit_writes_nothing(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """One line names the file, the column and the measure; the newest version stays."""
    load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    before = contents(lake)
    rows = [f"x,{18 + n % 80},{n},red,{'Pisa' if n % 2 else 'Rome'},{n % 2}" for n in range(200)]
    with pytest.raises(DatasetError, match=r"^toy\.csv: column .*: predicts bought on its own"):
        load(binary, write_table(HEADER, *rows), lake, "ada", NOW)
    assert contents(lake) == before


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER], "toy.csv: no rows below the header"),
        (["age,income,colour,town", "30,1,red,Pisa"], "toy.csv: column bought is missing"),
        (
            [HEADER, "Ada,30,1,red,Pisa,", "Bob,31,1,red,Pisa,"],
            "toy.csv: no row has a usable bought",
        ),
        (
            [HEADER, "Ada,30"],
            "toy.csv: all 1 rows were rejected, the first on line 2: it has 2 fields",
        ),
    ],
)
def test_a_refused_file_writes_nothing(
    binary: ModelSpec,
    write_table: WriteTable,
    lake: ObjectStore,
    lines: list[str],
    message: str,
) -> None:
    """Where the table cannot be used, one line says why and the bucket stays as it was."""
    with pytest.raises(DatasetError) as caught:
        load(binary, write_table(*lines), lake, "ada", NOW)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert contents(lake) == {}


def test_loads_at_the_same_time_agree(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """The same file loaded by many at once ends in one version and no error."""
    path = write_table(HEADER, *ROWS)
    with ThreadPoolExecutor(8) as pool:
        loads = list(pool.map(lambda who: load(binary, path, lake, str(who), NOW), range(16)))
    assert len({manifest.version for manifest in loads}) == 1
    assert newest(lake) == loads[0].version


class ContestedStore:
    """A bucket in which somebody else moves the pointer first, so many times."""

    def __init__(self, store: ObjectStore, contests: int) -> None:
        self._store = store
        self.contests = contests

    def get(self, key: str) -> StoredObject:
        """Read, and let the other one write right after it."""
        found = self._store.get(key)
        if key == keys.newest_dataset("toy") and self.contests:
            self.contests -= 1
            other = NewestDataset(version=f"other{self.contests}").model_dump_json().encode()
            self._store.put(key, other)
        return found

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """Read unless unchanged."""
        return self._store.get_if_changed(key, etag)

    def put(self, key: str, content: bytes) -> str:
        """Write."""
        return self._store.put(key, content)

    def create(self, key: str, content: bytes) -> str:
        """Write what must not exist."""
        return self._store.create(key, content)

    def replace(self, key: str, content: bytes, etag: str) -> str:
        """Write over what was read."""
        return self._store.replace(key, content, etag)

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key."""
        return self._store.keys(prefix)


# The pointer is read once more before: for the version that the new one comes after.
@pytest.mark.parametrize("contests", [1, ATTEMPTS])
def test_a_lost_race_is_run_again(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore, contests: int
) -> None:
    """When another load moves the pointer in between, it is read again and moved from there."""
    load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    contested = ContestedStore(lake, contests)
    manifest = load(binary, write_table(HEADER, *ROWS[1:]), contested, "bob", NOW)
    assert newest(lake) == manifest.version


def test_a_race_is_not_run_for_ever(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """When the pointer never holds still, the load says so."""
    load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    contested = ContestedStore(lake, ATTEMPTS + 1)
    with pytest.raises(ConflictError):
        load(binary, write_table(HEADER, *ROWS[1:]), contested, "bob", NOW)


def table_of(count: int) -> list[str]:
    """So many rows, each unlike the others."""
    coin = random.Random(2)  # noqa: S311  # not a secret
    outcomes = [coin.randrange(2) for _ in range(count)]
    return [f"x,{18 + n % 80},{n},red,Oslo,{outcomes[n]}" for n in range(count)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:1], "toy.csv: toy: the train side has"),
        ([ROWS[0]] * 90, "toy.csv: toy: the "),
        ([*MANY[:20], *[f"x,7,{n},red,Oslo,1" for n in range(30)]], "toy.csv: toy: the "),
        ([*MANY[:200], *[f"x,7,{n},red,Oslo,1" for n in range(900)]], "toy.csv: 900 of 1,100"),
        ([MANY[0]] * 1_000, "toy.csv: 999 of 1,000 rows"),
        ([row[:-1] + "1" for row in MANY], "toy.csv: column bought: 100.0% of the rows"),
    ],
    ids=["one row", "one row again", "few accepted", "most rejected", "copies", "one class"],
)
def test_what_cannot_be_trained_on_never_becomes_the_newest(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore, rows: list[str], message: str
) -> None:
    """The version before stays, whether or not the new one is meant to replace it."""
    load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW)
    before = contents(lake)
    for replace in (False, True):
        with pytest.raises(DatasetError) as caught:
            load(binary, write_table(HEADER, *rows), lake, "ada", NOW, replace=replace)
        assert str(caught.value).startswith(message)
        assert contents(lake) == before


def test_far_fewer_rows_replace_the_newest_only_if_told_to(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """A part of a table that is loaded by mistake is refused with the option that allows it."""
    first = load(binary, write_table(HEADER, *table_of(450)), lake, "ada", NOW)
    fewer = write_table(HEADER, *table_of(224))
    with pytest.raises(DatasetError, match=r"224 rows were accepted, .* of the 450 .*: --replace"):
        load(binary, fewer, lake, "ada", NOW)
    assert newest(lake) == first.version
    replaced = load(binary, fewer, lake, "ada", NOW, replace=True)
    assert (newest(lake), replaced.parent) == (replaced.version, first.version)


def test_rows_that_happened_replace_generated_ones(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """A new model's first table may be smaller than what was made up for it."""
    load(binary, write_table(HEADER, *table_of(450)), lake, "ada", NOW, generated=True)
    fewer = write_table(HEADER, *table_of(224))
    with pytest.raises(DatasetError, match="--replace"):
        load(binary, fewer, lake, "ada", NOW, generated=True)
    loaded = load(binary, fewer, lake, "ada", NOW)
    assert newest(lake) == loaded.version


def test_a_newest_pointer_that_cannot_be_read_is_named(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """Its object is named with the command that writes it anew, which works."""
    path = write_table(HEADER, *ROWS)
    version = load(binary, path, lake, "ada", NOW).version
    lake.put(keys.newest_dataset("toy"), b"{}")
    with pytest.raises(DatasetError, match=r"^toy\.csv|^datasets/toy/newest\.json cannot be read"):
        load(binary, path, lake, "ada", NOW)
    assert load(binary, path, lake, "ada", NOW, replace=True).version == version
    assert newest(lake) == version


def test_text_that_was_marked_for_spreadsheets_is_read_as_it_was(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """A table that the fleet wrote comes back with the categories that it was written with."""
    towns = ["=HYPERLINK(1)", "-1 or so", "@Rome", "'=quoted", "\uff1d1", "Pisa", "it's"]
    rows = [
        {
            "age": 20 + n % 70,
            "income": n,
            "colour": "red",
            "town": towns[n % len(towns)],
            "bought": n // 3 % 2,
        }
        for n in range(420)
    ]
    path = write_table("")
    with path.open("w", newline="", encoding="utf-8") as file:
        write_rows(file, list(rows[0]), rows)
    version = load(binary, path, lake, "ada", NOW).version
    kept = DatasetStore(binary, lake).rows(version).accepted
    written = {row["income"]: row["town"] for row in rows}
    assert {row["income"]: row["town"] for row in kept} == written


def test_open_cases_are_counted_and_never_rejected(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """However many they are; the manifest and the report have the count."""
    rows = [*ROWS, *(row.rsplit(",", 1)[0] + "," for row in ROWS * 3)]
    manifest = load(binary, write_table(HEADER, *rows), lake, "ada", NOW)
    report = DatasetStore(binary, lake).report(manifest.version)
    assert report is not None
    assert (manifest.rows, manifest.quarantined) == (report.rows, report.rejected)
    assert manifest.open_cases == report.open_cases == 3 * len(ROWS)
    assert manifest.unused_rows == f"{3 * len(ROWS):,} rows without an outcome are open cases"
    assert not any("set aside" in warning for warning in manifest.warnings)
