"""A call from the caller's side: placed, spoken into, ended."""

import asyncio
from typing import Any, Literal

import orjson
from pydantic import Field

from bridge.lab.checked import Body
from bridge.lab.serve.setting import acs_switches
from bridge.lab.serve.stage import Json, NotDone, Nothing, Route, Stage, asks, takes
from bridge.lab.serve.watching import silent_ms, view
from bridge.lab.wave_file import mono


class NewCall(Body):
    """A call to be placed."""

    number: str
    """Whom to call: what the application has answered for."""
    caller: str = "+14255550123"
    """Who calls: a number, or the raw id of an ACS or Teams user."""
    display_name: str = ""
    language: str = "en-US"
    """Of the caller's voice: English, German, Spanish, French or Italian."""
    rings_s: float = 30
    """After so long the caller gives up."""
    sip_headers: dict[str, str] = Field(default_factory=dict)
    """What the caller's network tells, such as `userToUser`."""
    switches: Json = Field(default_factory=dict)
    """Switches of this call alone, on top of those that are set."""


class Line(Body):
    """Something to say."""

    text: str
    when: Literal["now", "quiet", "over"] = "now"
    """`quiet`: once the agent has been silent for 0.7 s. `over`: as soon as the agent speaks."""


class Pressed(Body):
    """Keys to press, half a second apart."""

    keys: str
    """0 to 9, * and #, A to D."""


class Patience(Body):
    """Something to wait for."""

    until: Literal["answered", "quiet", "over"] | None = None
    """`quiet`: the agent has been silent for 0.7 s. `over`: the application has been told so."""
    seconds: float = 30
    """How long at most; or how long, if it is for nothing."""


class Expected(Body):
    """A line to be heard."""

    text: str
    """A part of it."""
    within_s: float = 15


class MediaFault(Body):
    """Something that happens to the media socket."""

    does: Literal["drops", "closes", "reopens"]
    """Loses the TCP connection; closes it as a WebSocket; opens another to the same URL."""
    code: int = 1000
    """Close code."""


async def _place(stage: Stage, _: str, call: NewCall) -> Json:
    """Place a call; the telephone at the caller's ear rings."""
    phone = await stage.acs.dial(
        call.number,
        caller=call.caller,
        display_name=call.display_name,
        language=call.language,
        rings_s=call.rings_s,
        sip_headers=call.sip_headers,
        switches=acs_switches(stage, call.switches),
    )
    return view(phone)


async def _say(stage: Stage, call_id: str, line: Line) -> Json:
    """Have the caller say something; returns once it is said."""
    phone = stage.call(call_id)
    if line.when == "quiet":
        await phone.pauses()
    elif line.when == "over":
        await phone.notices()
    await phone.says(line.text)
    return view(phone)


async def _press(stage: Stage, call_id: str, pressed: Pressed) -> Json:
    """Have the caller press keys; returns half a second after the last."""
    phone = stage.call(call_id)
    if unknown := set(pressed.keys) - set("0123456789*#ABCD"):
        raise NotDone(f"No telephone has the keys {' '.join(sorted(unknown))}.", 400)
    now = asyncio.get_running_loop().time()
    stage.pressed.setdefault(phone.connection_id, []).append((now, pressed.keys))
    await phone.presses(pressed.keys)
    return view(phone)


async def _play(stage: Stage, call_id: str, file: bytes) -> Json:
    """Have the caller's side of the line play a WAV file, PCM16 on one channel."""
    phone = stage.call(call_id)
    await phone.answered()
    pcm = await asyncio.to_thread(mono, file, phone.rate_hz)
    await phone.plays(pcm, phone.rate_hz)
    return view(phone)


async def _wait(stage: Stage, call_id: str, patience: Patience) -> Json:
    """Have the caller do nothing."""
    phone = stage.call(call_id)
    if patience.until is None:
        await phone.waits(patience.seconds)
        return view(phone)
    waits = {"answered": phone.answered, "quiet": phone.pauses, "over": phone.ended}
    async with asyncio.timeout(patience.seconds):
        await waits[patience.until]()
    return view(phone)


async def _hear(stage: Stage, call_id: str, expected: Expected) -> Json:
    """Wait until the caller has heard a line that holds a text.

    The lab's ears know only what the lab has spoken, in whichever role.
    """
    phone = stage.call(call_id)
    end_ms = await phone.hears(expected.text, within_s=expected.within_s)
    return {"heard_to_its_end_ms": round(silent_ms(phone) + end_ms), **view(phone)}


async def _hang_up(stage: Stage, call_id: str, _: Nothing) -> Json:
    """Have the caller hang up; returns once the application has been told."""
    phone = stage.call(call_id)
    await phone.hangs_up()
    return view(phone)


async def _lose(stage: Stage, call_id: str, fault: MediaFault) -> Json:
    """Have the network do something to the media socket; the call goes on."""
    phone = stage.live_call(call_id)
    if fault.does == "drops":
        await phone.drops_media()
    elif fault.does == "closes":
        await phone.closes_media(fault.code)
    else:
        await phone.reopens_media()
    return view(phone)


async def _send(stage: Stage, call_id: str, frame: Json) -> Json:
    """Send a frame of any content on the media socket, such as a `DtmfData` of another spelling."""
    phone = stage.live_call(call_id)
    await phone.sends(orjson.dumps(frame).decode())
    return view(phone)


ROUTES: tuple[Route[Any], ...] = (
    takes(NewCall, "POST", "/calls", _place),
    takes(Line, "POST", "/calls/{id}/say", _say),
    takes(Pressed, "POST", "/calls/{id}/press", _press),
    Route(method="POST", path="/calls/{id}/play", handle=_play, parse=bytes, schema=None),
    takes(Patience, "POST", "/calls/{id}/wait", _wait),
    takes(Expected, "POST", "/calls/{id}/hear", _hear),
    asks("/calls/{id}/hang-up", _hang_up, "POST"),
    takes(MediaFault, "POST", "/calls/{id}/media", _lose),
    takes(Json, "POST", "/calls/{id}/frames", _send),
)
