"""What a bridge cannot do without, and the same through the SDK's typed models.

`python -m bench.relay bare|unpaced|typed PORT VOICE_URL RATE_HZ`: a media socket at `/media`, a
session of Voice Live for each, and PCM16 passed from one to the other as it is, whatever its rate.
No barge-in, no tools, no ends. `bare` finds base64 by searching, and decodes only what it must cut;
`typed` does what the SDK's samples do. Both send 20 ms to the caller at a time, at most 100 ms
ahead of real time, each call by its own clock, as the product does; `unpaced` sends all of a piece
at once.
"""

import asyncio
import base64
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import pybase64
from aiohttp import web
from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import RequestSession, ServerEventResponseAudioDelta
from azure.core.credentials import AzureKeyCredential

LEAD_S, FRAME_S = 0.1, 0.02
DEFAULT_HZ = 24_000
"""Of `pcm16`, where Voice Live speaks."""

Say = Callable[[str], Awaitable[None]]
"""Passes a media frame of ACS on to Voice Live."""
Connect = Callable[[], AbstractAsyncContextManager[tuple[Say, AsyncIterator[str]]]]
"""A session of the service: a way in, and media frames for ACS as they are made."""
Play = Callable[[AsyncIterator[str], Say], Coroutine[Any, Any, None]]
"""Sends media frames to the caller."""


@asynccontextmanager
async def bare(voice_url: str, rate_hz: int) -> AsyncIterator[tuple[Say, AsyncIterator[str]]]:
    """Base64 from frame to event as it is, and from event to frame cut anew."""
    url = voice_url + "/voice-live/realtime"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as voice:
        await voice.send_json({"type": "session.update", "session": session_at(rate_hz)})

        async def say(frame: str) -> None:
            start = frame.find('"data":"') + 8
            audio = frame[start : frame.find('"', start)]
            await voice.send_str('{"type":"input_audio_buffer.append","audio":"' + audio + '"}')

        async def frames() -> AsyncIterator[str]:
            rest = b""
            async for message in voice:
                text = message.data
                if '"response.audio.delta"' in text:
                    start = text.find('"delta":"') + 9
                    rest += pybase64.b64decode(text[start : text.find('"', start)])
                    whole, rest = cut(rest, rate_hz)
                    for pcm in whole:
                        audio = pybase64.b64encode_as_string(pcm)
                        yield '{"Kind":"AudioData","AudioData":{"Data":"' + audio + '"}}'

        yield say, frames()


@asynccontextmanager
async def typed(voice_url: str, rate_hz: int) -> AsyncIterator[tuple[Say, AsyncIterator[str]]]:
    """Models of the SDK both ways, and `json`, as in Microsoft's samples."""
    key = AzureKeyCredential("bench")
    async with connect(endpoint=voice_url, credential=key, model="gpt-4.1-mini") as voice:
        await voice.session.update(session=RequestSession(**session_at(rate_hz)))

        async def say(frame: str) -> None:
            await voice.input_audio_buffer.append(audio=json.loads(frame)["audioData"]["data"])

        async def frames() -> AsyncIterator[str]:
            rest = b""
            async for event in voice:
                if isinstance(event, ServerEventResponseAudioDelta):
                    whole, rest = cut(rest + event.delta, rate_hz)
                    for pcm in whole:
                        audio = base64.b64encode(pcm).decode()
                        yield json.dumps({"Kind": "AudioData", "AudioData": {"Data": audio}})

        yield say, frames()


def session_at(rate_hz: int) -> dict[str, Any]:
    """Voice Live's settings for PCM16 at a rate, both ways."""
    return {
        "input_audio_format": "pcm16",
        "input_audio_sampling_rate": rate_hz,
        "output_audio_format": "pcm16" if rate_hz == DEFAULT_HZ else f"pcm16_{rate_hz}hz",
    }


def cut(pcm: bytes, rate_hz: int) -> tuple[list[bytes], bytes]:
    """All whole frames of 20 ms, and the rest."""
    size = rate_hz // 50 * 2
    whole = len(pcm) // size * size
    return [pcm[at : at + size] for at in range(0, whole, size)], pcm[whole:]


async def paced(frames: AsyncIterator[str], send: Say) -> None:
    """Send frames as their time comes."""
    loop = asyncio.get_running_loop()
    queue: deque[str] = deque()
    queued = asyncio.Event()

    async def pump() -> None:
        heard_at = 0.0
        while True:
            await queued.wait()
            while queue:
                early_s = heard_at - loop.time() - (LEAD_S - FRAME_S)
                if early_s > 0:
                    await asyncio.sleep(early_s)
                heard_at = max(heard_at, loop.time()) + FRAME_S
                await send(queue.popleft())
            queued.clear()

    async with asyncio.TaskGroup() as tasks:
        pumping = tasks.create_task(pump())
        async for frame in frames:
            queue.append(frame)
            queued.set()
        pumping.cancel()


async def unpaced(frames: AsyncIterator[str], send: Say) -> None:
    """Send frames as they come."""
    async for frame in frames:
        await send(frame)


def serve(connected: Connect, play: Play, port: int) -> None:
    """Relay until the process is ended."""

    async def media(request: web.Request) -> web.WebSocketResponse:
        phone = web.WebSocketResponse(compress=False)
        await phone.prepare(request)
        async with connected() as (say, frames):
            playing = asyncio.create_task(play(frames, phone.send_str))
            async for message in phone:
                if '"AudioData"' in message.data:
                    await say(message.data)
            playing.cancel()
        return phone

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/media", media)
    app.router.add_get("/health/ready", ready)
    web.run_app(
        app,
        host="127.0.0.1",
        port=port,
        loop=new_loop(),
        shutdown_timeout=1,
        access_log=None,
        print=None,
    )


def new_loop() -> asyncio.AbstractEventLoop:
    """Of uvloop where it is installed, as the product's."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ModuleNotFoundError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


KINDS = {"bare": (bare, paced), "unpaced": (bare, unpaced), "typed": (typed, paced)}

if __name__ == "__main__":
    kind, port, voice_url, rate = sys.argv[1:]
    connect_as, play_as = KINDS[kind]
    serve(partial(connect_as, voice_url, int(rate)), play_as, int(port))
