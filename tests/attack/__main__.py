"""`make attack`: attack a fresh local cloud in every known way and print a table."""

import argparse
import sys
from collections.abc import Callable

from cli.local_cloud.layout import REPOSITORY
from tests.attack import events, outcomes, pages, storm, tables, values
from tests.attack.result import Result, table, write
from tests.attack.target import Target, fresh_target

_PAGE = REPOSITORY / "docs" / "security.md"
ATTACKS: dict[str, Callable[[Target], Result]] = {
    "names": tables.names_as_code,
    "arguments": tables.hostile_arguments,
    "rows": tables.broken_rows,
    "texts": values.texts,
    "forged": values.forged_outcomes,
    "clients": values.foreign_client,
    "pages": pages.planted_scripts,
    "events": events.forged_requests,
    "poison": outcomes.poisoned,
    "storm": storm.storm,
}


def main() -> int:
    """Run the attacks; 1 if one of them achieved anything."""
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ATTACKS, help="run only these attacks")
    chosen = parser.parse_args().only or list(ATTACKS)
    results: list[Result] = []
    with fresh_target() as target:
        for name in chosen:
            print(f"  … {name}", file=sys.stderr, flush=True)  # noqa: T201  # progress
            results.append(ATTACKS[name](target))
    print(table(results))  # noqa: T201  # what the command is for
    if len(chosen) == len(ATTACKS):
        write(_PAGE, results)
    for result in results:
        for note in result.notes:
            print(f"{result.attack}: {note}")  # noqa: T201  # as above
    return int(not all(result.survived for result in results))


if __name__ == "__main__":
    sys.exit(main())
