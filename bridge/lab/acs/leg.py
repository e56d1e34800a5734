"""A call as the network sees it: it rings, is answered, carries sound, and ends."""

import asyncio
from collections.abc import Callable, Coroutine

from bridge.lab.acs import ends, shapes
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.conference import Conference, Stream
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.ends import LineEnd
from bridge.lab.acs.invitations import Invitations, Staff
from bridge.lab.acs.keys import Keys
from bridge.lab.acs.link import MediaLink
from bridge.lab.acs.playing import Player
from bridge.lab.acs.recognizing import Recognizer
from bridge.lab.acs.recorder import Recorder
from bridge.lab.acs.roster import Roster
from bridge.lab.acs.route import Route
from bridge.lab.acs.shapes import Json

_CONNECTED_S = 1.25
"""From the answer to CallConnected, whatever the media does; observed: 1.0 to 1.5."""
_PARTICIPANTS_S = 0.02
_DISCONNECTED_S = (0.04, 0.43)
"""From the close of the media socket to CallDisconnected, as observed."""
RATES_HZ = {"pcm16KMono": 16_000, "pcm24KMono": 24_000}
DEFAULT_FORMAT = "pcm16KMono"


class Leg:
    """One call. Its life is `live`, and all its tasks are gone when that returns."""

    def __init__(
        self, connection: Connection, route: Route, staff: Staff, kept_s: float | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        switches = connection.switches
        self.connection = connection
        self.route = route
        self.context = shapes.incoming_call_context()
        self.circuit = Circuit(
            route.person,
            noise_dbfs=switches.noise_dbfs,
            quality=switches.line,
            seed=switches.seed,
        )
        """Of the person who called, or was called."""
        self.stream = Stream()
        self.conference = Conference(self.stream, kept_s)
        self.link = MediaLink(connection, self.stream, self._begin)
        self.keys = Keys(connection, self.link, self.circuit)
        self.roster = Roster(connection, self.conference)
        self.invitations = Invitations(self, staff)
        self.recorder = Recorder(connection, self.conference)
        self.player = Player(connection, self.conference, self.roster, staff.studio)
        self.recognizer = Recognizer(connection, self.player, self.keys)
        self.over: asyncio.Future[LineEnd] = loop.create_future()
        """Done as soon as the call has ended for the bridge; what it hears of that comes after."""
        self.told: asyncio.Future[LineEnd] = loop.create_future()
        """Done once it has heard."""
        self.picked_up = False
        self.established = False

    async def live(self, arrive: Callable[["Leg"], None]) -> LineEnd:
        """Let the call arrive, and do what is asked until nobody is left in it."""
        try:
            async with asyncio.TaskGroup() as self._network:
                self.recorder.begin(self._network)
                async with asyncio.TaskGroup() as tasks:
                    self.connection.begin(tasks)
                    arrive(self)
                    end = await self.over
                    await self._wind_down(end)
                self.told.set_result(end)
                await self.conference.over.wait()
                self.recorder.end()
        finally:
            self.over.cancel()
            self.circuit.cut()
            self.conference.close()
        return end

    def pick_up(self) -> None:
        """Connect the bridge with the person at the other end."""
        media = self.connection.media
        self.picked_up = True
        self.conference.rate_hz = RATES_HZ[media.get("audioFormat", DEFAULT_FORMAT)]
        self.stream.unmixed = media.get("audioChannelType") == "unmixed"
        self.conference.join(self.circuit)
        self.connection.errand(self._connect())
        if media.get("startMediaStreaming"):
            self.link.start()

    def end(self, end: LineEnd) -> None:
        """End the call, unless it has ended."""
        if not self.over.done():
            self.over.set_result(end)

    def leave(self) -> None:
        """Let the bridge go: people who are left go on, a person who is left alone does not."""
        people = self.conference.people
        dialled = [c for c in people if c is not self.circuit or self.route.outbound]
        numbers = [c for c in dialled if c.address.startswith("+")]
        dropped = self.connection.switches.dialled_drop and len(numbers) > 1
        if len(people) > 1 and not dropped:
            self.conference.leave(self.stream)
            other = next(c for c in people if c is not self.circuit)
            self.end(ends.left_with(other.address))
        else:
            self.end(ends.TERMINATED)

    def hang_up(self, end: LineEnd) -> None:
        """Let the person at the other end hang up; that ends the call, or their part in it."""
        outlived = self.connection.switches.outlives_caller and len(self.conference.people) > 1
        if outlived or self.over.done():
            self.part(self.circuit, end)
        else:
            self.end(end)

    def admit(self, circuit: Circuit) -> None:
        """Let somebody in."""
        self.conference.join(circuit)
        self._begin()
        self.roster.tell()

    def part(self, circuit: Circuit, end: LineEnd) -> None:
        """Let somebody out; `end` is that of the call if it leaves nobody with the bridge."""
        self.conference.leave(circuit)
        if self.over.done():
            if len(self.conference.people) < 2:  # noqa: PLR2004 - nobody talks alone
                self.conference.close()
        elif self.conference.people:
            self.roster.tell()
        else:
            self.end(end)

    def lasting(self, work: Coroutine[None, None, None]) -> None:
        """Do something that the bridge's leaving does not cut short."""
        self._network.create_task(work)

    def transfer(self, request: Json) -> None:
        """Ring somebody else, while the media goes on."""
        self.connection.errand(self._transfer(request))

    def properties(self) -> Json:
        """Return what the REST interface says about the call."""
        return self.route.properties(self.connection, established=self.established)

    def _begin(self) -> None:
        """Begin the recordings, unless they have begun."""
        if not self.conference.begun:
            self.conference.begin()
            self.lasting(self.conference.run())

    async def _connect(self) -> None:
        await asyncio.sleep(_CONNECTED_S)
        self.established = True
        if not self.connection.media.get("startMediaStreaming"):
            self._begin()
        connected = {"resultInformation": shapes.OK}
        self.connection.post("CallConnected", connected, self.connection.request)
        await asyncio.sleep(_PARTICIPANTS_S)
        self.roster.tell()

    async def _transfer(self, request: Json) -> None:
        switches = self.connection.switches
        await asyncio.sleep(switches.transfer_rings_s)
        target = request["targetParticipant"]
        to = shapes.address(target)
        result = switches.transfer_of(to)
        if result == "accepted":
            parties = {
                "transferTarget": shapes.identified(target),
                "transferee": shapes.identifier(self.circuit.address),
            }
            self.connection.post("CallTransferAccepted", shapes.TRANSFERRED | parties, request)
            self.end(ends.transferred(to))
        else:
            self.connection.post("CallTransferFailed", shapes.failure(*result), request)
            self.established = not switches.transfer_failure_is_final

    async def _wind_down(self, end: LineEnd) -> None:
        if not self.stream.dead:
            self.conference.close()
            self.circuit.cut()
        self.connection.drop_errands()
        self.keys.close()
        connection, request = self.connection, self.connection.request
        if request:
            await self.link.stop(request)
            await asyncio.sleep(connection.random.uniform(*_DISCONNECTED_S))
            result = {"resultInformation": end.result()}
            events = ["CallDisconnected"]
            if end.by == "callee" and not self.picked_up:
                events.insert(connection.switches.create_failed_last, "CreateCallFailed")
            for event in events:
                connection.post(event, result, request)
