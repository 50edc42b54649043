"""The suite is about any fleet: it passes where models were added, and where one was removed.

In a clone without one of the examples, `fleet new` makes a model of each task from tables that have
what drafted models have trouble with. There, tests run that nobody trains for: what holds of every
model's spec, sampler, and files, all of the catalogue's, the metrics that every predict function
emits, and what a stage costs by the number of its models. `docs/testing.md` names the command that
runs the rest.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelfleet.catalogue import names
from tests.cloned import clone, terminal
from tests.examples import EXAMPLES, needs_removed

REMOVED = "carvision"
ROWS = 600
SUBSET = (
    "tests/unit/models",
    "tests/unit/sampling/test_samplers.py",
    "tests/unit/cli/drift/test_alerts.py",
    "tests/unit/evaluation/test_metrics_of_gate.py",
    "tests/contract/models/test_specs.py",
    "tests/contract/models/test_samples.py",
    "tests/contract/models/test_search.py",
    "tests/contract/serving/test_private_columns.py",
    "tests/infrastructure/monitoring/test_prometheus.py::test_every_series_is_exported_with_these_labels",
    "tests/infrastructure/fleet/test_costs.py::test_an_idle_prod_stage_costs_little_more",
)
# Of the models that stay, the same tests run in this repository.
LEFT_OUT = "not (bankchurn or leads or telecom or graded)"
# One process loads the libraries once for all three.
DRAFT = """
import sys
from cli.app import app
for arguments in (line.split("|") for line in sys.argv[1:]):
    app(["new", *arguments, "--yes"], standalone_mode=False)
"""


def customers(rng: np.random.Generator) -> pd.DataFrame:
    """Two classes of words, umlauts, a date, a group, a number with leading zeros, an age."""
    age, region = rng.integers(18, 80, ROWS), rng.choice(["Süd", "Nord", "Öst"], ROWS)
    leaves = 0.08 * (age - 45) + 1.5 * (region == "Süd") + rng.logistic(size=ROWS) > 0
    return pd.DataFrame(
        {
            "Kundennummer": rng.integers(1_000, 1_000 + ROWS // 3, ROWS),
            "Beginn": pd.date_range("2025-01-01", periods=ROWS, freq="6h").strftime("%d.%m.%Y"),
            "Größe des Haushalts": rng.integers(1, 6, ROWS),
            "Region": region,
            "Alter": age,
            "Geschlecht": rng.choice(["weiblich", "männlich"], ROWS),
            "Umsatz (€)": rng.gamma(3, 200, ROWS).round(2),
            "gekündigt": np.where(leaves, "ja", "nein"),
        }
    )


def tickets(rng: np.random.Generator) -> pd.DataFrame:
    """Three classes of words, a share, and names of columns with blanks and slashes."""
    share, channel = rng.random(ROWS).round(3), rng.choice(["mail", "phone", "chat"], ROWS)
    urgent = 3 * share + (channel == "phone") + rng.normal(0, 0.4, ROWS)
    return pd.DataFrame(
        {
            "urgency share": share,
            "channel": channel,
            "team/product": rng.choice(list("ABCDE"), ROWS),
            "age group": rng.choice(["<30", "30-60", ">60"], ROWS),
            "priority": np.select([urgent < 1.3, urgent < 2.3], ["low", "medium"], "high"),
        }
    )


def rents(rng: np.random.Generator) -> pd.DataFrame:
    """A number to predict, truth values, and a street among many, which the API scores unseen."""
    size, built = rng.gamma(4, 20, ROWS).round(1), rng.integers(1900, 2024, ROWS)
    rent = 200 + 9.5 * size + (built - 1900) + rng.normal(0, 60, ROWS)
    return pd.DataFrame(
        {
            "size m²": size,
            "built": built,
            "street": rng.choice([f"Straße {number}" for number in range(40)], ROWS),
            "balcony": rng.choice([True, False], ROWS),
            "rent": rent.round(2),
        }
    )


TABLES: dict[str, tuple[Callable[[np.random.Generator], pd.DataFrame], str]] = {
    "kunden": (customers, "--target|gekündigt|--time|Beginn|--group|Kundennummer"),
    "tickets": (tickets, "--target|priority"),
    "rents": (rents, "--target|rent"),
}


@pytest.fixture(scope="module")
def other_fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A clone with three more models and one less, and the environment of its terminal."""
    tree, tables = tmp_path_factory.mktemp("other"), tmp_path_factory.mktemp("tables")
    clone(tree, without=[REMOVED])
    environment = terminal(tree, tables / ".fleet")
    drafts = []
    for name, (make, options) in TABLES.items():
        make(np.random.default_rng(7)).to_csv(tables / f"{name}.csv", index=False)
        drafts.append(f"{name}|--csv|{tables / name}.csv|{options}")
    typed([sys.executable, "-P", "-c", DRAFT, *drafts], tree, environment)
    assert all((tree / "layers/models" / name / "spec.py").is_file() for name in TABLES)
    return tree, environment


def typed(command: list[str], tree: Path, environment: dict[str, str]) -> str:
    """Run a program in the clone that must end well; what it prints."""
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(REMOVED not in names(), reason="this fleet has already removed the example")
def test_the_suite_passes_for_another_fleet(other_fleet: tuple[Path, dict[str, str]]) -> None:
    """With added models, all tests pass; those of the removed example are skipped, no others."""
    tree, environment = other_fleet
    options = ("-n", "0", "--no-cov", "-q", "-rs", "-p", "no:cacheprovider", "-k", LEFT_OUT)
    command = [sys.executable, "-P", "-m", "pytest", *options, *SUBSET]
    printed = typed(command, tree, environment)
    skipped = re.findall(r"^SKIPPED \[\d+\] .*?: (.*)$", printed, re.MULTILINE)
    assert skipped
    for reason in skipped:
        assert reason == f"needs the example model {REMOVED}, which this fleet does not have"


def test_only_examples_can_be_missing() -> None:
    """A removed example is a reason to skip; a mistyped name and other failures are not."""
    error = "modelfleet.spec.errors.UnknownModelError: no model '{}'; available: a, b"
    gone = frozenset({REMOVED})
    assert needs_removed(error.format(REMOVED), gone)
    assert needs_removed(f"ModuleNotFoundError: No module named 'models.{REMOVED}'", gone)
    assert needs_removed(error.format(REMOVED), frozenset()) is None
    assert needs_removed(error.format("bankchurm"), gone) is None
    assert needs_removed("AssertionError: carvision", gone) is None
    assert REMOVED in EXAMPLES
