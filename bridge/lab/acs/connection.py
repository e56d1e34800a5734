"""The bridge's hold on a call: the names of both, what was asked, and what is told."""

import asyncio
from collections.abc import Callable, Coroutine
from uuid import uuid4

import aiohttp
import numpy as np

from bridge.lab.acs import shapes
from bridge.lab.acs.callbacks import Callbacks
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.switches import Switches
from bridge.lab.acs.traffic import Exchange


class Connection:
    """What all parts of a call share; its tasks are those of the bridge's time in the call."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        switches: Switches,
        sign: Callable[[float], str],
        note: Callable[[Exchange], None],
    ) -> None:
        """`sign` makes the token that the service proves itself by, good for so many seconds."""
        self.id = str(uuid4())
        self.correlation_id = str(uuid4())
        self.server_call_id = shapes.server_call_id()
        self.session = session
        self.switches = switches
        self.sign = sign
        self._note = note
        self.random = np.random.default_rng(switches.seed)
        self.request: Json = {}
        """The body that answered or created the call; empty until then."""
        self.version = ""
        """Its api-version."""
        self._errands: list[asyncio.Task[None]] = []

    @property
    def media(self) -> Json:
        """Media options of the call; empty for one without media."""
        options: Json = self.request.get("mediaStreamingOptions") or {}
        return options

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Use these tasks."""
        self.tasks = tasks
        self._callbacks = self.callbacks(tasks)

    def callbacks(self, tasks: asyncio.TaskGroup) -> Callbacks:
        """Return a way for callbacks to travel."""
        switches = self.switches.callbacks
        return Callbacks(self.session, tasks, switches, self.random, self.sign, self._note)

    def take(self, request: Json, version: str) -> None:
        """Be held by the bridge from now on."""
        self.request = request
        self.version = version

    def errand(self, errand: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something that the end of the call cuts short."""
        task = self.tasks.create_task(errand)
        self._errands.append(task)
        return task

    def drop_errands(self) -> None:
        """Cut all errands short."""
        for errand in self._errands:
            errand.cancel()

    def post(self, event_type: str, data: Json, request: Json) -> None:
        """Send a callback that `request` led to."""
        uri: str = request.get("operationCallbackUri") or self.request["callbackUri"]
        event = shapes.callback(event_type, data | self.common(request))
        self._callbacks.post(uri, event)

    def common(self, request: Json) -> Json:
        """Return what every callback holds that `request` led to."""
        common = {
            "version": self.version,
            "callConnectionId": self.id,
            "serverCallId": self.server_call_id,
            "correlationId": self.correlation_id,
        }
        if context := request.get("operationContext"):
            common["operationContext"] = context
        return common
