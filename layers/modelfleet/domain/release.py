"""The release pointer: which version of a model serves, and how it changes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modelfleet.domain.errors import ReleaseError


class Mode(StrEnum):
    """What the challenger is there for."""

    CANARY = "canary"
    AB = "ab"
    SHADOW = "shadow"


class Variant(StrEnum):
    """Which arm answered."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


class Challenger(BaseModel):
    """The version that takes a share of the traffic."""

    model_config = ConfigDict(frozen=True)

    version: str
    share: Annotated[float, Field(ge=0.0, le=1.0)]
    mode: Mode = Mode.CANARY


class ReleasePointer(BaseModel):
    """The content of `releases/<model>.json`; the bucket's versions of it are the audit trail."""

    model_config = ConfigDict(frozen=True)

    model: str
    champion: str
    challenger: Challenger | None = None
    previous: str | None = None
    written_by: str
    written_at: datetime
    reason: str


class Signature(BaseModel):
    """Who moves a pointer, when and why."""

    model_config = ConfigDict(frozen=True)

    written_by: str
    written_at: datetime
    reason: str


def read_pointer(content: bytes) -> ReleasePointer:
    """Parse a pointer.

    Raises
    ------
    ReleaseError
        If it is not a release pointer.
    """
    try:
        return ReleasePointer.model_validate_json(content)
    except ValidationError as error:
        raise ReleaseError(f"not a release pointer: {error.error_count()} faults") from error


def promote(
    current: ReleasePointer | None, model: str, version: str, signature: Signature
) -> ReleasePointer:
    """The pointer after a version takes over all traffic; the old champion becomes `previous`.

    Promoting the champion again only ends a challenger's share.
    """
    previous = None if current is None else current.champion
    if current is not None and current.champion == version:
        previous = current.previous
    return ReleasePointer(
        model=model, champion=version, previous=previous, **signature.model_dump()
    )


def roll_back(current: ReleasePointer, signature: Signature) -> ReleasePointer:
    """The pointer after the newest version is taken back.

    While a challenger has a share, that is what is taken back; otherwise the previous champion
    serves again, and what it replaces becomes `previous`.

    Raises
    ------
    ReleaseError
        If there is neither a challenger nor a previous version.
    """
    if current.challenger is not None:
        return current.model_copy(update={"challenger": None, **signature.model_dump()})
    if current.previous is None:
        raise ReleaseError(f"{current.model}: there is no version before {current.champion}")
    return ReleasePointer(
        model=current.model,
        champion=current.previous,
        previous=current.champion,
        **signature.model_dump(),
    )
