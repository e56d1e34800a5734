"""A caller whose media breaks is heard again, or the call has an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientWebSocketResponse, WSServerHandshakeError

from bridge.acs.phone import RENEWAL_S
from bridge.acs.stream import SILENT_S
from bridge.call.ends import By, CallEnd, Reason
from tests.acs.cloud import GONE
from tests.acs.conftest import FRAME, Scene

A_WHILE_S = 0.5


class Ear:
    """What the phone passes on."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.keys: list[str] = []


@asynccontextmanager
async def listening(scene: Scene) -> AsyncIterator[tuple[Ear, asyncio.Task[None]]]:
    ear = Ear()
    task = asyncio.create_task(scene.phone.listen(ear.frames.append, ear.keys.append))
    try:
        yield ear, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def talks(scene: Scene, seconds: float) -> None:
    """The caller's line, 50 frames a second."""
    for _ in range(round(seconds * 50)):
        await scene.says()
        await asyncio.sleep(0.02)


async def test_sound_and_keys_come_over_the_media_socket(scene: Scene) -> None:
    async with listening(scene) as (ear, _):
        await scene.sends({"kind": "AudioMetadata", "audioMetadata": {"sampleRate": 16_000}})
        await scene.says()
        await scene.presses("pound")
        await scene.presses("flash")
        await scene.sends({"kind": "DtmfData"})
        await scene.sends({"kind": "LineQuality"})
        await scene.says()
        await asyncio.sleep(A_WHILE_S)
        assert (ear.frames, ear.keys) == ([FRAME, FRAME], ["#"])


async def test_a_key_that_comes_both_ways_is_one_key(scene: Scene) -> None:
    async with listening(scene) as (ear, _):
        await scene.presses("5")
        await asyncio.sleep(A_WHILE_S)
        tone = "ContinuousDtmfRecognitionToneReceived"
        scene.told(tone, tone="five", sequence_id=1)
        scene.told(tone, tone="five", sequence_id=2)
        assert ear.keys == ["5", "5"]


@pytest.mark.parametrize("by_itself", [True, False])
async def test_a_caller_is_heard_again_over_another_socket(scene: Scene, by_itself: bool) -> None:  # noqa: FBT001
    async with listening(scene) as (ear, task):
        await scene.says()
        await scene.sockets[0].close()
        await asyncio.sleep(A_WHILE_S)
        assert scene.acs.operations == ["startMediaStreaming"]
        if not by_itself:
            scene.told("MediaStreamingFailed", 400, 8581)
        await scene.phone.play(b"\1" * 640)
        await asyncio.sleep(1)
        socket = await scene.opens_media()
        if not by_itself:
            scene.told("MediaStreamingStarted")
        await scene.says()
        await scene.presses("3")
        await scene.phone.stop_playing()
        await scene.phone.play(FRAME)
        await asyncio.sleep(A_WHILE_S)
        assert (ear.frames, ear.keys) == ([FRAME, FRAME], ["3"])
        kinds = [(await socket.receive_json())["Kind"] for _ in range(2)]
        assert kinds == ["StopAudio", "AudioData"], "what was played to nobody is lost"
        assert not task.done()
        assert not scene.line.ended.done()


async def test_a_second_socket_is_refused_while_the_first_works(scene: Scene) -> None:
    async with listening(scene):
        with pytest.raises(WSServerHandshakeError):
            await scene.opens_media()


async def test_of_two_sockets_for_one_place_one_is_taken(scene: Scene) -> None:
    async with listening(scene):
        await scene.sockets[0].close()
        await asyncio.sleep(A_WHILE_S)
        opened = await asyncio.gather(
            scene.opens_media(), scene.opens_media(), return_exceptions=True
        )
        assert [type(each) for each in opened].count(ClientWebSocketResponse) == 1


async def test_media_that_does_not_come_again_is_the_end(scene: Scene) -> None:
    loop = asyncio.get_running_loop()
    async with listening(scene) as (_, task):
        await scene.sockets[0].close()
        scene.told("MediaStreamingFailed", 400, 8603)
        began_s = loop.time()
        await task
        assert loop.time() - began_s == pytest.approx(RENEWAL_S, abs=0.1)
    assert await scene.phone.ended() == CallEnd(
        By.CARRIER, Reason.MEDIA_FAILED, detail="MediaStreamingFailed 400/8603"
    )
    with pytest.raises(WSServerHandshakeError):
        await scene.opens_media()


async def test_a_refusal_to_open_media_again_is_waited_out(scene: Scene) -> None:
    scene.acs.replies["startMediaStreaming"] = (400, {"error": {"code": "8501"}})
    async with listening(scene) as (ear, _):
        await scene.sockets[0].close()
        await asyncio.sleep(A_WHILE_S)
        await scene.opens_media()
        await scene.says()
        await asyncio.sleep(A_WHILE_S)
        assert ear.frames == [FRAME]


async def test_a_call_asks_for_its_media_twice_at_most(scene: Scene) -> None:
    async with listening(scene) as (_, task):
        for _ in range(3):
            await scene.sockets[-1].close()
            await asyncio.sleep(A_WHILE_S)
            await scene.opens_media()
            await asyncio.sleep(A_WHILE_S)
        assert scene.acs.operations == ["startMediaStreaming"] * 2
        assert not task.done(), "ACS may go on by itself"


@pytest.mark.parametrize("kind", ["MediaStreamingStopped", "CallDisconnected"])
async def test_media_that_ends_with_the_call_is_no_loss(scene: Scene, kind: str) -> None:
    async with listening(scene) as (_, task):
        scene.told(kind)
        await scene.sockets[0].close()
        await task
    assert scene.acs.operations == []


async def test_word_of_the_end_that_comes_after_the_socket_has_gone_ends_the_wait(
    scene: Scene,
) -> None:
    async with listening(scene) as (_, task):
        await scene.sockets[0].close()
        await asyncio.sleep(A_WHILE_S)
        scene.told("CallDisconnected", 200, 540000)
        await task
    assert (await scene.phone.ended()).by is By.CALLER


async def test_a_call_that_acs_no_longer_knows_has_no_media_to_lose(scene: Scene) -> None:
    scene.acs.replies["startMediaStreaming"] = GONE
    async with listening(scene) as (_, task):
        await scene.sockets[0].close()
        await task
    assert not scene.line.ended.done(), "ACS will say who hung up"


async def test_a_stream_that_works_is_believed_more_than_a_callback(scene: Scene) -> None:
    async with listening(scene) as (ear, task):
        await talks(scene, 3)
        scene.told("MediaStreamingFailed", 400, 8581)
        await talks(scene, 12)
        assert len(ear.frames) == 15 * 50
        assert not task.done()
    assert scene.acs.operations == []


async def test_a_stream_that_failed_in_silence_is_opened_again(scene: Scene) -> None:
    loop = asyncio.get_running_loop()
    async with listening(scene) as (ear, _):
        await talks(scene, 1)
        scene.told("MediaStreamingFailed", 400, 8581)
        began_s = loop.time()
        await scene.acs.is_asked("startMediaStreaming")
        assert loop.time() - began_s < 2
        await scene.opens_media()
        await scene.says()
        await asyncio.sleep(A_WHILE_S)
        assert len(ear.frames) == 51


async def test_a_stream_that_is_silent_for_long_is_opened_again(scene: Scene) -> None:
    async with listening(scene) as (ear, _):
        await asyncio.sleep(SILENT_S + A_WHILE_S)
        assert scene.acs.operations == ["startMediaStreaming"]
        await scene.opens_media()
        await scene.says()
        await asyncio.sleep(A_WHILE_S)
        assert ear.frames == [FRAME]


async def test_a_line_that_is_clogged_does_not_hold_up_the_next_one(scene: Scene) -> None:
    async def plays() -> None:
        for _ in range(20_000):  # 17 MB: more than the kernel takes for somebody who does not read
            await scene.phone.play(FRAME)

    async with listening(scene) as (ear, _), asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(plays())
        await asyncio.sleep(SILENT_S - 1)
        assert not playing.done(), "it is not clogged"
        await asyncio.sleep(1 + A_WHILE_S)
        await scene.opens_media()
        await scene.says()
        await asyncio.sleep(A_WHILE_S)
        assert ear.frames == [FRAME]
        assert playing.done()
