"""Waiting takes no time, and nothing that works is overtaken."""

import asyncio
import time


async def test_an_hour_passes_in_no_time() -> None:
    loop, began = asyncio.get_running_loop(), time.monotonic()
    before = loop.time()
    await asyncio.sleep(3600)
    assert loop.time() - before == 3600
    assert time.monotonic() - began < 60


async def test_time_stands_still_while_a_thread_works() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    async with asyncio.timeout(0.01):
        await asyncio.to_thread(time.sleep, 0.05)
    assert loop.time() == before


async def test_a_socket_is_heard_before_time_moves_on() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(500_000))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        before = loop.time()
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        async with asyncio.timeout(1):
            writer.write(bytes(500_000))
            assert len(await reader.read()) == 500_000
        assert loop.time() - before < 1
        writer.close()
        await writer.wait_closed()
