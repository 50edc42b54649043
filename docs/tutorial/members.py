"""Write the members of an invented gym, as its office would keep them: members.csv.

Run in this folder: python members.py
"""

import csv
import math
import random
from pathlib import Path

ROWS = 2_000
FILE = Path(__file__).with_name("members.csv")
_SEED = 8
_NAMES = ("ada", "bo", "cleo", "dan", "eve", "flo", "gus")
# Name, share, monthly fee, visits a month.
_PLANS = (("basic", 0.47, 24.9, 7.0), ("plus", 0.37, 39.9, 9.2), ("family", 0.16, 69.9, 7.5))
_STAYS = 999
_UNCOUNTED = 0.04


def members() -> list[dict[str, object]]:
    """Draw them: who comes seldom, is young and new leaves rather than others."""
    chance = random.Random(_SEED)  # noqa: S311  # nosec B311  # repeatable, no secret
    numbers = chance.sample(range(10_000, 10_000 + ROWS), ROWS)
    return [_member(chance, row, number) for row, number in enumerate(numbers)]


def _member(chance: random.Random, row: int, number: int) -> dict[str, object]:
    plan, _, fee, usual = chance.choices(_PLANS, [share for _, share, _, _ in _PLANS])[0]
    age = min(80, max(16, round(chance.gauss(38.5, 12.0))))
    months = min(60, 1 + int(chance.expovariate(1 / 17)))
    visits = round(max(0.0, chance.gauss(usual, 3.9)), 1)
    leaning = 2.8 - 0.03 * age - 0.02 * months - 0.27 * visits + (0.8 if plan == "family" else 0.0)
    leaves = chance.random() < 1 / (1 + math.exp(-leaning))
    return {
        "member id": f"M{number}",
        "e-mail": f"{chance.choice(_NAMES)}{row}@example.com",
        "Age": age,
        "Plan": plan,
        "Monthly fee (EUR)": round(fee + 5 * chance.choice((-1, 0, 0, 1)), 1),
        "Months": months,
        "Visits per month": "" if chance.random() < _UNCOUNTED else visits,
        "Club": "Harbour Street",
        "Days until exit": chance.randint(3, 60) if leaves else _STAYS,
        "Left": "yes" if leaves else "no",
    }


def main() -> None:
    """Write the file anew."""
    rows = members()
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
