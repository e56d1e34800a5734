"""Recordings of a call, one at a time."""

import asyncio
import base64
from collections.abc import Coroutine
from datetime import UTC, datetime
from uuid import uuid4

import orjson

from bridge.lab.acs import shapes
from bridge.lab.acs.conference import Conference
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.shapes import Json

_KIND = "azureCommunicationServices"


class Recorder:
    """Records for as long as anybody is in the call, whether the bridge is or not; inferred."""

    def __init__(self, connection: Connection, conference: Conference) -> None:
        self.recording_id = ""
        """Of the recording under way; empty when there is none."""
        self._connection = connection
        self._conference = conference
        self._request: Json = {}
        self._errands: list[asyncio.Task[None]] = []

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Use these tasks."""
        self._tasks = tasks
        self._callbacks = self._connection.callbacks(tasks)

    def start(self, request: Json) -> None:
        """Start a recording; `pauseOnStart` leaves it inactive until it is resumed."""
        self._request = request
        place = {"PlatformEndpointId": str(uuid4()), "ResourceSpecificId": str(uuid4())}
        self.recording_id = base64.b64encode(orjson.dumps(place)).decode()
        self._started = datetime.now(UTC)
        self._errand(self._start(active=not request.get("pauseOnStart", False)))

    def switch(self, *, active: bool) -> None:
        """Pause or resume."""
        self._errand(self._switch(active=active))

    def stop(self) -> None:
        """End the recording at once."""
        self._conference.records = False
        for errand in self._errands:
            errand.cancel()
        self._tell(active=False)
        self.recording_id = ""

    def end(self) -> None:
        """End the recording with the call."""
        if self.recording_id:
            self.stop()

    def state(self) -> Json:
        """Return what the REST interface says about the recording."""
        return {
            "recordingId": self.recording_id,
            "recordingState": _state(active=self._conference.records),
            "recordingKind": _KIND,
        }

    def _errand(self, errand: Coroutine[None, None, None]) -> None:
        self._errands.append(self._tasks.create_task(errand))

    async def _start(self, *, active: bool) -> None:
        if failure := self._connection.switches.recording_failure:
            await asyncio.sleep(self._connection.switches.recording_s)
            result = shapes.failure(*failure)
            self._post("StartRecordingFailed", {"recordingId": self.recording_id, **result})
            self.recording_id = ""
        else:
            await self._switch(active=active)

    async def _switch(self, *, active: bool) -> None:
        await asyncio.sleep(self._connection.switches.recording_s)
        self._conference.records = active
        self._tell(active=active)

    def _tell(self, *, active: bool) -> None:
        self._post(
            "RecordingStateChanged",
            {
                "recordingId": self.recording_id,
                "state": _state(active=active),
                "startDateTime": f"{shapes.seven_digits(self._started)}+00:00",
                "recordingKind": _KIND,
                "resultInformation": shapes.OK,
            },
        )

    def _post(self, event_type: str, data: Json) -> None:
        connection = self._connection
        place = f"{connection.server_call_id}/{self.recording_id}/{event_type}"
        source = f"calling/recordings/{place}"
        told = {"eventSource": source, **data, **connection.common({})}
        if uri := self._request.get("recordingStateCallbackUri"):
            self._callbacks.post(uri, shapes.callback(event_type, told, source))


def _state(*, active: bool) -> str:
    return "active" if active else "inactive"
