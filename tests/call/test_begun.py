"""Work that seldom waits is done at once, and what is left of it is done like any other."""

import asyncio

import pytest

from bridge.call.begun import begun


class Socket:
    """Takes what is sent; while it is clogged, whoever sends waits until it is clear, twice."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.clear: asyncio.Future[None] | None = None

    async def send(self, text: str) -> None:
        self.taken.append(f"begins {text}")
        try:
            for _ in range(2):
                if self.clear:
                    await self.clear
                    await asyncio.sleep(0)
        except (ConnectionError, asyncio.CancelledError) as error:
            self.taken.append(type(error).__name__)
            raise
        self.taken.append(f"ends {text}")


@pytest.fixture
async def clogged() -> Socket:
    socket = Socket()
    socket.clear = asyncio.get_running_loop().create_future()
    return socket


async def test_work_that_need_not_wait_is_done_at_once() -> None:
    socket = Socket()
    assert begun(socket.send("a")) is None
    assert socket.taken == ["begins a", "ends a"]


async def test_the_rest_is_done_by_whoever_awaits_it(clogged: Socket) -> None:
    rest = begun(clogged.send("a"))
    assert clogged.taken == ["begins a"]
    assert rest
    assert clogged.clear
    asyncio.get_running_loop().call_later(1, clogged.clear.set_result, None)
    await rest
    assert clogged.taken == ["begins a", "ends a"]


async def test_a_failure_reaches_the_work_that_waited_for_it(clogged: Socket) -> None:
    rest = begun(clogged.send("a"))
    assert rest
    assert clogged.clear
    clogged.clear.set_exception(ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await rest
    assert clogged.taken[-1] == "ConnectionResetError"


async def test_a_cancellation_reaches_it_as_well(clogged: Socket) -> None:
    async def waits() -> None:
        rest = begun(clogged.send("a"))
        assert rest
        await rest

    waiting = asyncio.create_task(waits())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert clogged.taken[-1] == "CancelledError"


async def test_work_that_fails_at_once_fails_at_once() -> None:
    async def fails() -> None:
        raise ValueError("no frame")

    with pytest.raises(ValueError, match="no frame"):
        begun(fails())
