"""The promotion gate: may this candidate serve, and in place of the champion?"""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from modelfleet.domain.bundle import Parity
from modelfleet.domain.spec import Gate, Metric


class Decision(StrEnum):
    """What becomes of a candidate.

    `promote`: it is registered and released. `keep`: it is registered and the champion stays.
    `block`: it is neither registered nor released.
    """

    PROMOTE = "promote"
    KEEP = "keep"
    BLOCK = "block"


class Verdict(BaseModel):
    """A decision with its reasons in words and numbers."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    reasons: tuple[str, ...]


def judge(
    gate: Gate,
    candidate: Mapping[str, float],
    champion: Mapping[str, float] | None,
    parity: Parity,
    bundle_bytes: int,
) -> Verdict:
    """Decide on a candidate.

    Parameters
    ----------
    gate
        The model's declared limits.
    candidate, champion
        Metrics on the same held-out rows; `None` where nothing serves yet.
    parity
        Of the candidate's export.
    bundle_bytes
        Size of the candidate's bundle.
    """
    if faults := _absolute_faults(gate, candidate, parity, bundle_bytes):
        return Verdict(decision=Decision.BLOCK, reasons=tuple(faults))
    if champion is None:
        return Verdict(decision=Decision.PROMOTE, reasons=("no champion yet",))
    loss, allowed = _loss(gate, candidate, champion)
    compared = (
        f"{gate.primary} {candidate[gate.primary]:.4f} against the champion's "
        f"{champion[gate.primary]:.4f} on the same rows (margin {allowed:.4g})"
    )
    decision = Decision.PROMOTE if loss <= allowed else Decision.KEEP
    return Verdict(decision=decision, reasons=(compared,))


def _absolute_faults(
    gate: Gate, candidate: Mapping[str, float], parity: Parity, bundle_bytes: int
) -> list[str]:
    faults = [
        f"{metric} {candidate[metric]:.4f} is below the minimum {limit}"
        for metric, limit in gate.minimum.items()
        if not candidate[metric] >= limit
    ]
    faults += [
        f"{metric} {candidate[metric]:.4f} is above the maximum {limit}"
        for metric, limit in gate.maximum.items()
        if not candidate[metric] <= limit
    ]
    if not parity.holds:
        faults.append(
            f"export differs by {parity.maximum_difference:.2e}, tolerance {parity.tolerance:.0e}"
        )
    if bundle_bytes > gate.bundle_bytes_maximum:
        faults.append(f"bundle of {bundle_bytes} bytes is over {gate.bundle_bytes_maximum}")
    return faults


def _loss(
    gate: Gate, candidate: Mapping[Metric | str, float], champion: Mapping[Metric | str, float]
) -> tuple[float, float]:
    loss = champion[gate.primary] - candidate[gate.primary]
    if not gate.primary.higher_is_better:
        loss = -loss
    scale = abs(champion[gate.primary]) if gate.relative_margin else 1.0
    return loss, gate.margin * scale
