"""A call from outside: what was said, heard, told and asked."""

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.lab.acs import Exchange, Phone
from bridge.lab.serve.stage import Json, Nothing, Stage, asks
from bridge.lab.speech import Heard
from bridge.lab.wave_file import stereo

_CONTENT_TYPE = "audio/wav"


def view(phone: Phone) -> Json:
    """Return what is known of a call at once, without listening to it.

    Times are milliseconds since the call was placed.
    """
    return {
        "id": phone.connection_id,
        "number": phone.route.callee,
        "caller": phone.route.caller,
        "placed_by": "bridge" if phone.route.outbound else "caller",
        "state": _state(phone),
        "end": asdict(phone.end) if phone.end else None,
        "correlation_id": phone.correlation_id,
        "server_call_id": phone.server_call_id,
        "now_ms": _ms(phone, asyncio.get_running_loop().time()),
        "sound_began_ms": _ms(phone, phone.opened_s) if phone.line_ms else None,
        "sound_ms": phone.line_ms,
        "rate_hz": phone.rate_hz,
        "is_on_hold": phone.is_on_hold,
        "frames_sent": phone.sent_frames,
        "frames_received": phone.received_frames,
        "stop_audio": len(phone.stops),
        "discarded_by_stop_audio_ms": phone.flushed_ms,
        "complaints": phone.complaints,
    }


def silent_ms(phone: Phone) -> float:
    """Return how long it took from the placing of a call to its first sound."""
    return (phone.opened_s - phone.placed_s) * 1000


async def _calls(stage: Stage, _: str, __: Nothing) -> list[Json]:
    """List all calls, the oldest first; those too that the application placed."""
    return [view(phone) for phone in stage.acs.phones]


async def _call(stage: Stage, call_id: str, _: Nothing) -> Json:
    """Tell of a call, and what the caller has said and heard so far."""
    phone = stage.call(call_id)
    heard = await asyncio.to_thread(phone.heard)
    began_ms = silent_ms(phone)
    return {
        **view(phone),
        "said": [
            {
                "text": line.text,
                "start_ms": round(began_ms + line.start_ms),
                "end_ms": round(began_ms + line.end_ms),
            }
            for line in phone.said
        ],
        "heard": [_heard(line, began_ms) for line in heard],
    }


async def _callbacks(stage: Stage, call_id: str, _: Nothing) -> list[Json]:
    """List what the application was told of a call: events and callbacks, each attempt."""
    phone = stage.call(call_id)
    return [_exchange(phone, e) for e in _traffic(stage, phone) if e.kind != "request"]


async def _requests(stage: Stage, call_id: str, _: Nothing) -> list[Json]:
    """List what the application has asked of the REST interface about a call."""
    phone = stage.call(call_id)
    return [_exchange(phone, e) for e in _traffic(stage, phone) if e.kind == "request"]


async def _all_requests(stage: Stage, _: str, __: Nothing) -> list[Json]:
    """List all requests to the REST interface, refused ones too; times are of no call."""
    requests = [e for e in stage.acs.traffic if e.kind == "request"]
    return [{**asdict(e), "at_s": round(e.at_s, 3)} for e in requests]


async def _timeline(stage: Stage, call_id: str, _: Nothing) -> list[Json]:
    """List all that happened during a call, in order.

    What happened in sessions of Voice Live is that of all of them: nothing says whose is whose.
    """
    phone = stage.call(call_id)
    heard = await asyncio.to_thread(phone.heard)
    began_ms = silent_ms(phone)
    last_s = max([e.at_s for e in _traffic(stage, phone)], default=phone.placed_s)
    until_s = asyncio.get_running_loop().time() if phone.end is None else last_s
    noted: list[tuple[float, str, str]] = [
        *((began_ms + line.start_ms, "caller", line.text) for line in phone.said),
        *((began_ms + line.start_ms, "heard", line.text) for line in heard),
        *((_ms(phone, s), "keys", keys) for s, keys in stage.pressed.get(phone.connection_id, ())),
        *((began_ms + stop_ms, "stop_audio", "") for stop_ms in phone.stops),
        *((_ms(phone, e.at_s), e.kind, f"{e.name} {e.status}") for e in _traffic(stage, phone)),
        *(
            (_ms(phone, happening.at_s), f"voicelive.{happening.kind}", happening.text)
            for happening in stage.happenings
            if phone.placed_s <= happening.at_s <= until_s
        ),
    ]
    return [
        {"at_ms": round(at_ms), "kind": kind, "text": text} for at_ms, kind, text in sorted(noted)
    ]


async def _recording(stage: Stage, call_id: str, _: Nothing) -> web.Response:
    """Return the sound of a call so far: WAV, the caller left, what the caller heard right."""
    phone = stage.call(call_id)
    file = stereo(bytes(phone.caller), bytes(phone.agent), phone.rate_hz)
    return web.Response(body=file, content_type=_CONTENT_TYPE)


def _state(phone: Phone) -> str:
    if phone.end:
        return "over"
    return "answered" if phone.is_answered else "ringing"


def _traffic(stage: Stage, phone: Phone) -> list[Exchange]:
    its = [e for e in stage.acs.traffic if e.correlation_id == phone.correlation_id]
    return sorted(its, key=lambda exchange: exchange.at_s)


def _exchange(phone: Phone, exchange: Exchange) -> Json:
    told: dict[str, Any] = asdict(exchange)
    del told["at_s"], told["correlation_id"]
    return {"at_ms": _ms(phone, exchange.at_s), **told}


def _heard(line: Heard, began_ms: float) -> Json:
    return {
        "text": line.text,
        "start_ms": round(began_ms + line.start_ms),
        "end_ms": round(began_ms + line.end_ms),
        "complete": line.complete,
    }


def _ms(phone: Phone, at_s: float) -> int:
    return round((at_s - phone.placed_s) * 1000)


ROUTES = (
    asks("/calls", _calls),
    asks("/calls/{id}", _call),
    asks("/calls/{id}/callbacks", _callbacks),
    asks("/calls/{id}/requests", _requests),
    asks("/calls/{id}/timeline", _timeline),
    asks("/calls/{id}/recording", _recording),
    asks("/requests", _all_requests),
)
