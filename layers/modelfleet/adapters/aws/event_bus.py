"""Publishing of events to the stage's EventBridge bus."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.release.history import EVENT_TYPE, NOTIFY, ReleaseRecord
from modelfleet.resource_names import event_bus
from modelfleet.spec.errors import CallError
from modelfleet.storage import keys

_log = logging.getLogger("modelfleet.events")


class EventBus:
    """Publisher of events about models.

    Parameters
    ----------
    client
        Client of EventBridge.
    source
        Source of the events.
    stage
        Stage of the fleet; several may share an account, and each has its own bus.
    """

    def __init__(self, client: AwsJsonClient, source: str, stage: str) -> None:
        self._client = client
        self._source = source
        self._stage = stage

    def announce(self, record: ReleaseRecord) -> None:
        """Publish a release record without its checks, and with the key of the full record.

        A failure is only logged, because the record itself is already stored.
        """
        detail = record.model_dump(mode="json", exclude={"held_out", "checks"}) | {
            "record": keys.release_record(record.model, record.execution),
            NOTIFY: not record.has_execution,
        }
        self.try_to_send(EVENT_TYPE, detail, about=detail["record"])

    def try_to_send(self, detail_type: str, detail: Mapping[str, Any], *, about: str) -> None:
        """Publish an event; a failure is only logged."""
        try:
            self.send(detail_type, detail)
        except CallError as error:
            _log.warning("%s was not announced: %s", about, error)

    def send(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Publish an event of this stage.

        Raises
        ------
        CallError
            If the bus rejects the event.
        """
        entry = {
            "EventBusName": event_bus(self._stage),
            "Source": self._source,
            "DetailType": detail_type,
            "Detail": json.dumps({**detail, "stage": self._stage}),
        }
        if self._client.call("PutEvents", {"Entries": [entry]})["FailedEntryCount"]:
            raise CallError(
                f"the event bus rejected an event of type {detail_type}", transient=True
            )
