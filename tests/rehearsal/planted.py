"""Faults for planting in the bridge or in a flow, each with a shipped script that is to notice."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from bridge import Callflow, HangUp, Transfer
from bridge.acs.phone import AcsPhone
from bridge.audio.pcm import frame_bytes
from bridge.call import contracts
from bridge.call.cover import Cover
from bridge.call.keypad import Keys
from bridge.call.opening import Opening
from bridge.call.parting import Parting
from bridge.call.playout import Playout
from bridge.call.quiet import Quiet
from bridge.call.race import UNDECIDED
from bridge.call.speaker import Speaker
from bridge.call.uplink import Uplink
from bridge.service.flows import Flows

Patch = pytest.MonkeyPatch
ORDER = "An order is on its way"


@dataclass(frozen=True)
class Fault:
    """Something wrong, and the script in which a caller would notice."""

    script: str
    plant: Callable[[Patch], None] = lambda _: None
    spoil: Callable[[Callflow], Callflow] = lambda flow: flow


def spoilt(flows: Flows, name: str, fault: Fault) -> Flows:
    """These flows, one of them with the fault."""
    return Flows({**flows.by_name, name: fault.spoil(flows.by_name[name])}, flows.folder)


def _of_flow(**changes: Any) -> Callable[[Callflow], Callflow]:
    def spoil(flow: Callflow) -> Callflow:
        other = replace(flow, **changes)
        other.tools.update(flow.tools)
        return other

    return spoil


def _add(change: Callable[[bytes, int], bytes]) -> Callable[[Patch], None]:
    """Change every piece of sound on its way to the caller."""

    def plant(patch: Patch) -> None:
        add = Playout.add

        def changed(playout: Playout, item_id: str, pcm: bytes) -> None:
            add(playout, item_id, change(pcm, frame_bytes(playout.rate_hz)))

        patch.setattr(Playout, "add", changed)

    return plant


def _without_middle(pcm: bytes, size: int) -> bytes:
    middle = len(pcm) // size // 2 * size
    return pcm[:middle] + pcm[middle + 15 * size :]


def _fast(pcm: bytes, _: int) -> bytes:
    return np.frombuffer(pcm, "<i2")[::2].tobytes()


def _soft(pcm: bytes, _: int) -> bytes:
    return (np.frombuffer(pcm, "<i2") // 200).astype("<i2").tobytes()


def _halved(patch: Patch) -> None:
    say = Speaker.say

    async def half(speaker: Speaker, text: str, *args: Any) -> str | None:
        clip = speaker._prompts.clip(speaker._flow, text) or b""
        patch.setattr(speaker._prompts, "clip", lambda *_: clip[: len(clip) // 4 * 2])
        return await say(speaker, text, *args)

    patch.setattr(Speaker, "say", half)


def _twice(patch: Patch) -> None:
    say = Speaker.say

    async def again(speaker: Speaker, text: str, *args: Any) -> str | None:
        await say(speaker, text, *args)
        return await say(speaker, text, *args)

    patch.setattr(Speaker, "say", again)


def _loses_frames(patch: Patch) -> None:
    take = Playout._next

    def skip(playout: Playout) -> bytes:
        if playout._record.frames_down % 50 == 49 and playout._queue:
            playout._queue.popleft()
        return take(playout)

    patch.setattr(Playout, "_next", skip)


def _swapped(patch: Patch) -> None:
    last = [b""]
    put, play = Uplink.put, AcsPhone.play

    def heard(uplink: Uplink, frame: bytes) -> None:
        last[0] = frame
        put(uplink, frame)

    patch.setattr(Uplink, "put", heard)
    patch.setattr(AcsPhone, "play", lambda phone, frame: play(phone, last[0] or frame))


def _deaf(patch: Patch) -> None:
    put = Uplink.put
    patch.setattr(Uplink, "put", lambda uplink, frame: put(uplink, bytes(len(frame))))


def _nothing(owner: type, name: str, returns: Any = None) -> Callable[[Patch], None]:
    """Have something not be done."""

    def plant(patch: Patch) -> None:
        is_async = asyncio.iscoroutinefunction(getattr(owner, name))

        async def later(*_: Any, **__: Any) -> Any:
            return returns

        def now(*_: Any, **__: Any) -> Any:
            return returns

        patch.setattr(owner, name, later if is_async else now)

    return plant


def _late_transfer(patch: Patch) -> None:
    transfer = AcsPhone.transfer

    async def late(phone: AcsPhone, to: Transfer) -> str | None:
        await asyncio.sleep(40)
        return await transfer(phone, to)

    patch.setattr(AcsPhone, "transfer", late)


def _no_hang_up(patch: Patch) -> None:
    take = Parting.take

    async def refuse(parting: Parting, outcome: Any, *args: Any, **more: Any) -> str | None:
        if isinstance(outcome, HangUp):
            return "not now"
        return await take(parting, outcome, *args, **more)

    patch.setattr(Parting, "take", refuse)


def _mute(patch: Patch) -> None:
    patch.setattr(Opening, "play", lambda opening: opening.unsaid.clear())


def _uncovered(flow: Callflow) -> Callflow:
    other = replace(flow, interim=None)
    other.tools.update({name: replace(tool, interim=None) for name, tool in flow.tools.items()})
    return other


def _early(patch: Patch) -> None:
    patch.setattr(Cover, "_first_due_s", lambda _, waiting: waiting.began_s)


def _indiscreet(patch: Patch) -> None:
    patch.setattr(contracts, "problem_text", lambda _: '{"error": "the database is gone"}')


FAULTS: Mapping[str, Fault] = {
    "a filler is cut in half": Fault(ORDER, _halved),
    "a filler is said twice": Fault("The warehouse takes ten seconds", _twice),
    "a filler is never said": Fault(ORDER, _nothing(Cover, "_say")),
    "a filler comes at once": Fault("The warehouse answers after a moment", _early),
    "the wait is never given up": Fault("The warehouse never answers", _nothing(Cover, "_take")),
    "a word of each line is lost": Fault(ORDER, _add(_without_middle)),
    "20 ms of every second are lost": Fault(ORDER, _loses_frames),
    "the agent speaks twice as fast": Fault(ORDER, _add(_fast)),
    "the agent can hardly be heard": Fault(ORDER, _add(_soft)),
    "the caller hears their own voice": Fault(ORDER, _swapped),
    "the caller is not heard": Fault(ORDER, _deaf),
    "nobody greets the caller": Fault(ORDER, _mute),
    "the agent talks on when interrupted": Fault(
        "The caller interrupts the answer", _nothing(Playout, "interrupt", [])
    ),
    "the line hangs up before goodbye": Fault(ORDER, _nothing(Playout, "drained")),
    "the line never hangs up": Fault(ORDER, _no_hang_up),
    "a silent caller is not asked": Fault(
        "The caller says nothing", _nothing(Quiet, "_watch_caller", UNDECIDED)
    ),
    "a key does nothing": Fault("The caller presses 0 for a colleague", _nothing(Keys, "press")),
    "a transfer comes too late": Fault("The caller presses 0 for a colleague", _late_transfer),
    "a transfer is said and not done": Fault(
        "The caller presses 0 for a colleague", _nothing(AcsPhone, "transfer")
    ),
    "a failure is told in full": Fault("The warehouse fails", _indiscreet),
    "the flow names another company": Fault(
        ORDER, spoil=_of_flow(greeting="Thanks for calling Fabrikam. How can I help?")
    ),
    "the flow transfers to a wrong number": Fault(
        "The caller presses 0 for a colleague",
        spoil=_of_flow(keypad={"0": Transfer("+18005550198")}),
    ),
    "the flow covers no wait": Fault(ORDER, spoil=_uncovered),
}
"""What is wrong, in a caller's words."""
