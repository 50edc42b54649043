"""The record of the running local cloud."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.local_cloud.layout import Layout, replace_file
from cli.output.errors import FleetError


class CloudRecord(BaseModel):
    """What other processes need to know to use the local cloud and to stop it."""

    model_config = ConfigDict(frozen=True)

    port: int = Field(ge=1, le=65_535)
    pid: int = Field(ge=1)
    tracking_uri: str

    @property
    def endpoint(self) -> str:
        """The engine's address."""
        return f"http://127.0.0.1:{self.port}"


def read_record(layout: Layout) -> CloudRecord | None:
    """Read the record; `None` if no local cloud was started or it was stopped cleanly.

    Raises
    ------
    FleetError
        If the file exists and cannot be read.
    """
    try:
        return CloudRecord.model_validate_json(layout.record.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise FleetError(f"{layout.record} is damaged; delete it and run `fleet up`") from error


def write_record(layout: Layout, record: CloudRecord) -> None:
    """Write the record."""
    replace_file(layout.record, record.model_dump_json())
