"""`python -m tests.chaos --moments 20 --seed N`: a table of moments and faults; exit 1 on any."""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli import up
from cli.local_cloud import lifecycle
from cli.local_cloud.layout import Layout
from cli.output.console import answer, answer_table
from tests.chaos.acknowledged import Acknowledged
from tests.chaos.chaos import Chaos, Seen
from tests.chaos.moments import moments


def run(count: int, seed: int) -> int:
    """Meet so many moments; answer the number of faults."""
    answer(f"{count} moments, seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="fleet-chaos-"))
    layout = Layout(folder / ".fleet")
    chaos, seen = Chaos(layout, folder, seed), list[Seen]()
    try:
        cloud = up.start_and_deploy(layout)
        chaos.release_first()
        chaos.call(cloud)
        for moment in moments(count, seed):
            seen.append(chaos.meet(moment))
            answer(str(seen[-1]))
    finally:
        chaos.rest()
        lifecycle.stop(layout)
    _tell(seen, chaos.told)
    found = sum(len(each.faults) for each in seen)
    if not found:
        shutil.rmtree(folder)
    return found


def _tell(seen: Sequence[Seen], told: Acknowledged) -> None:
    columns = (
        "moment",
        "during",
        "struck",
        "how",
        "command",
        "back after",
        "late losses",
        "faults",
    )
    answer_table(columns, [_row(each) for each in seen])
    answer(
        f"acknowledged: {len(told.predictions)} predictions, {len(told.feedback)} outcomes, "
        f"{len(told.datasets)} data sets, {len(told.champions)} releases, "
        f"{len(told.batches)} batches"
    )


def _row(each: Seen) -> tuple[str, ...]:
    moment = each.moment
    return (
        str(moment.number),
        f"{moment.activity} +{moment.after_seconds:.1f} s",
        moment.part if each.struck else f"{moment.part} (gone)",
        moment.blow,
        each.command,
        f"{each.back_seconds:.0f} s",
        str(each.late_losses),
        "\n".join(each.faults) or "0",
    )


def main() -> None:
    """Parse, run, and exit with 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    sys.exit(1 if run(options.moments, options.seed) else 0)


if __name__ == "__main__":
    main()
