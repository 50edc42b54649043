"""Base classes of messages and documents, and their parsers."""

from typing import ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from modelfleet.spec.errors import ModelfleetError
from modelfleet.spec.names import quoted

_SHOWN_FIELDS = 10


class Frozen(BaseModel):
    """Immutable value object that rejects unknown fields.

    Validators are compiled on first use: a function imports many of these classes but uses few.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, protected_namespaces=()
    )


class Document(Frozen, extra="ignore"):
    """Value object stored as JSON; unknown fields are ignored, as newer releases may add some.

    Subclasses set their name in error messages and the error that `parse` raises.
    """

    noun: ClassVar[str]
    error: ClassVar[type[ModelfleetError]]

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Parse stored JSON.

        Raises
        ------
        ModelfleetError
            The class's `error`, if the content is not a valid document of this kind.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise cls.error(f"not a valid {cls.noun}: {error.error_count()} faults") from error

    def to_json(self) -> bytes:
        """Return the document as indented JSON."""
        return self.model_dump_json(indent=2).encode()


Message = TypeVar("Message", bound=BaseModel)


def parse_message(
    kind: type[Message], content: object, noun: str, error: type[ModelfleetError]
) -> Message:
    """Parse a message sent to a function.

    Raises
    ------
    ModelfleetError
        `error`, which no state machine retries, if the content is not a valid message. It names the
        invalid fields but quotes no values.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as invalid:
        raise error(f"invalid {noun} fields: {_fields(invalid)}") from invalid


def _fields(invalid: ValidationError) -> str:
    """Return the quoted names of the invalid fields; unknown names come from the sender."""
    faults = invalid.errors(include_input=False, include_url=False, include_context=False)
    names = sorted({".".join(map(str, each["loc"])) for each in faults})
    shown = ", ".join(quoted(name) for name in names[:_SHOWN_FIELDS])
    more = len(names) - _SHOWN_FIELDS
    return f"{shown} and {more:,} more" if more > 0 else shown
