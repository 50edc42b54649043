"""The bootstrap on means, whose error is known without it."""

import numpy as np
import pytest

from modelfleet.statistics.bootstrap import (
    Measure,
    affordable_replicates,
    estimates,
    percentile_interval,
    replicate,
    resamples,
)


def mean_of(values: np.ndarray) -> Measure:
    """The mean as a measure."""
    return lambda weights: weights @ values / weights.sum(axis=1)


def test_strata_keep_their_size() -> None:
    """Every replicate draws as many rows of each outcome as there are."""
    y = (np.arange(90) % 3 == 0).astype(float)
    (weights,) = resamples(y, seed=1, replicates=50)
    assert weights.shape == (50, 90)
    assert set(weights @ y) == {30.0}
    assert set(weights.sum(axis=1)) == {90.0}


def test_blocks_do_not_change_the_number_of_replicates() -> None:
    """Many rows are resampled in blocks that together are all replicates."""
    blocks = list(resamples(np.zeros(100_000), seed=1, replicates=45))
    assert [len(block) for block in blocks] == [20, 20, 5]
    assert len(np.unique(np.concatenate(blocks)[:, :50], axis=0)) == 45


def test_same_seed_same_interval() -> None:
    """The same rows and seed give the same interval to the last digit, another seed another."""
    values = np.random.default_rng(0).normal(size=200)
    first, again, other = (
        estimates({"mean": mean_of(values)}, np.zeros(200), seed)["mean"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_spread_of_a_mean() -> None:
    """Replicates of a mean spread by the standard error, and their middle is the mean."""
    values = np.random.default_rng(0).exponential(size=400)
    drawn = replicate({"mean": mean_of(values)}, np.zeros(400), 1, 4_000)["mean"]
    assert drawn.std() == pytest.approx(values.std() / 20, rel=0.05)
    assert drawn.mean() == pytest.approx(values.mean(), abs=0.01)
    lower, upper = percentile_interval(drawn)
    half = 1.96 * values.std() / 20
    assert (lower, upper) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_strata_take_their_share_of_the_spread() -> None:
    """What differs between strata alone does not spread at all."""
    strata = np.repeat([0.0, 1.0], 50)
    drawn = replicate({"mean": mean_of(strata)}, strata, 1, 100)["mean"]
    assert set(drawn) == {0.5}


def test_intervals_cover_the_truth() -> None:
    """Of many samples, about 95 in 100 give an interval that holds the true mean."""
    rng = np.random.default_rng(5)
    hits = 0
    for seed in range(300):
        values = rng.normal(1.0, 2.0, 120)
        found = estimates({"mean": mean_of(values)}, np.zeros(120), seed, 400)["mean"]
        assert found.lower is not None
        assert found.upper is not None
        hits += found.lower <= 1.0 <= found.upper
    assert 0.91 <= hits / 300 <= 0.98


def test_noise_is_taken_out_of_a_distance() -> None:
    """The interval of a mean's distance from 0 is around what is measured, not around twice it."""
    values = np.random.default_rng(3).normal(0.0, 1.0, 200)

    def distance(weights: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(weights @ values / weights.sum(axis=1)))

    plain = estimates({"d": distance}, np.zeros(200), 1)["d"]
    moved = estimates({"d": distance}, np.zeros(200), 1, distances={"d"})["d"]
    assert moved.value == plain.value
    assert moved.lower is not None
    assert moved.upper is not None
    assert plain.upper is not None
    assert 0.0 <= moved.lower <= moved.value <= moved.upper < plain.upper


@pytest.mark.parametrize(
    ("rows", "replicates"), [(160, 1_000), (20_000, 1_000), (50_000, 400), (1_000_000, 200)]
)
def test_many_rows_are_resampled_less_often(rows: int, replicates: int) -> None:
    """The draws stay bounded, and never so few that an interval has no ends."""
    assert affordable_replicates(rows) == replicates
