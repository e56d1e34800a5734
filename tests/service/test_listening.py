"""Strangers who are slow, silent or many do not fill the house."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.trial import Trial, trial

EVENTS = b"POST /acs/events?key=lab-event-grid-key HTTP/1.1\r\nHost: lab\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: lab\r\n\r\n"


class Stranger:
    """A connection that says what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def says(self, text: bytes) -> None:
        self._writer.write(text)
        await self._writer.drain()

    async def hears(self) -> int:
        """Status of the next response, whose head and body come together."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        await self._reader.readexactly(length)
        return int(head.split(b" ")[1])

    async def is_sent_away(self) -> float:
        """Wait until the connection ends; loop time of that."""
        while await self._reader.read(4096):
            pass
        return asyncio.get_running_loop().time()

    def leaves(self) -> None:
        self._writer.transport.abort()


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(Flows({"line": Callflow(number="+18005550100")})) as running:
        yield running


@pytest.fixture
def strangers() -> Iterator[list[Stranger]]:
    met: list[Stranger] = []
    yield met
    for stranger in met:
        stranger.leaves()


async def rings(scene: Trial, strangers: list[Stranger]) -> Stranger:
    host, port = scene.url.removeprefix("http://").split(":")
    strangers.append(Stranger(*await asyncio.open_connection(host, int(port))))
    return strangers[-1]


async def test_whoever_says_nothing_is_sent_away(scene: Trial, strangers: list[Stranger]) -> None:
    came_s = asyncio.get_running_loop().time()
    stranger = await rings(scene, strangers)
    assert 10 < await stranger.is_sent_away() - came_s < 16


async def test_whoever_says_it_letter_by_letter_is_sent_away(
    scene: Trial, strangers: list[Stranger]
) -> None:
    stranger = await rings(scene, strangers)

    async def trickles() -> None:
        for letter in LIVE[:-1]:
            await stranger.says(bytes([letter]))
            await asyncio.sleep(1)

    with pytest.raises(ConnectionError):
        await trickles()


async def test_a_body_has_ten_seconds(scene: Trial, strangers: list[Stranger]) -> None:
    stranger = await rings(scene, strangers)
    came_s = asyncio.get_running_loop().time()
    await stranger.says(EVENTS + b"Content-Length: 100\r\n\r\n[")
    assert await stranger.hears() == 408
    assert asyncio.get_running_loop().time() - came_s == pytest.approx(10, abs=0.1)
    assert await stranger.is_sent_away() - came_s < 12


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (EVENTS + b"Content-Length: 1048577\r\n\r\n" + bytes((1 << 20) + 1), 413),
        (EVENTS + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (EVENTS + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]", 200),
        (EVENTS + b"x-long: " + b"x" * 9_000 + b"\r\n\r\n", 400),
        (EVENTS + b"x: y\r\n" * 200 + b"\r\n", 400),
        (b"POST /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (EVENTS + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", 400),
        (EVENTS + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]", 400),
        (EVENTS + b"Content-Length: -2\r\n\r\n[]", 400),
    ],
    ids=[
        "large",
        "no chunks",
        "gzip",
        "long header",
        "headers",
        "long line",
        "TLS",
        "two lengths",
        "smuggled",
        "negative",
    ],
)
async def test_what_is_no_request_is_refused(
    scene: Trial, strangers: list[Stranger], request_: bytes, status: int
) -> None:
    stranger = await rings(scene, strangers)
    await stranger.says(request_)
    assert await stranger.hears() == status


async def test_whoever_leaves_in_the_middle_leaves_no_trace(
    scene: Trial, strangers: list[Stranger], caplog: pytest.LogCaptureFixture
) -> None:
    stranger = await rings(scene, strangers)
    await stranger.says(EVENTS + b"Content-Length: 100\r\n\r\n[")
    await asyncio.sleep(0.1)
    stranger.leaves()
    await asyncio.sleep(1)
    assert not caplog.records


async def test_a_connection_is_kept_for_the_next_request(
    scene: Trial, strangers: list[Stranger]
) -> None:
    stranger = await rings(scene, strangers)
    for _ in range(3):
        await stranger.says(LIVE)
        assert await stranger.hears() == 200
        await asyncio.sleep(600)


async def test_of_too_many_idle_connections_those_go_that_were_idle_for_longest(
    scene: Trial, strangers: list[Stranger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.service.listening.MOST_IDLE", 3)
    phone = await scene.acs.dial("+18005550100")
    await phone.answered()
    await phone.waits(2)  # by then, all callbacks have come
    for _ in range(6):
        await (await rings(scene, strangers)).says(LIVE)
        assert await strangers[-1].hears() == 200
        await asyncio.sleep(0.01)
    with capture_logs() as lines:
        await asyncio.sleep(5)
        for stranger in strangers[:2]:
            await stranger.is_sent_away()
    assert [line["event"] for line in lines if line["event"].startswith("connections")]
    for stranger in strangers[-3:]:
        await stranger.says(LIVE)
        assert await stranger.hears() == 200
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by == "caller", "a media socket is not idle"
