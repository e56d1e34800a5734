"""Whatever comes in by ACS's doors is read as the types declare, or refused as documented."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.acs.callbacks import parse_callbacks
from bridge.acs.events import BadEvent, IncomingCall, parse_events
from bridge.acs.identifiers import identified, is_number
from bridge.acs.line import Line
from bridge.acs.media import BadFrame, parse_frame, parse_tone
from bridge.service.announcements import Announcements
from tests.fuzz.declared import check_types
from tests.fuzz.spoiling import bodies

CORPUS = Path(__file__).parent / "corpus"
SEEDS = {
    door: [json.loads(path.read_bytes()) for path in sorted((CORPUS / door).iterdir())]
    for door in ("events", "callbacks", "media")
}


@given(bodies(*SEEDS["events"]))
async def test_a_delivery_of_events_is_read_or_refused(body: bytes) -> None:
    async def answer(ring: IncomingCall) -> None:
        check_types(ring)

    try:
        told = parse_events(body)
    except BadEvent:
        return
    announcements = Announcements()
    for event in told:
        check_types(event)
        if isinstance(event, IncomingCall):
            await announcements.once(event, answer)


@given(bodies(*SEEDS["callbacks"]))
async def test_a_delivery_of_callbacks_is_read_or_refused(body: bytes) -> None:
    try:
        told = parse_callbacks(body)
    except BadEvent:
        return
    line, keys = Line(), list[str]()
    with line.keys.passed_to(keys.append):
        for callback in told:
            check_types(callback)
            line.tell(callback)
        await asyncio.sleep(10)
    assert set(keys) <= set("0123456789*#")


@given(bodies(*SEEDS["media"]), st.booleans())
def test_a_frame_is_read_or_refused(body: bytes, as_text: bool) -> None:  # noqa: FBT001
    frame: Any = body.decode(errors="surrogateescape") if as_text else body
    for parse in (parse_frame, parse_tone):
        try:
            read: Any = parse(frame)
        except BadFrame:
            continue
        if parse is parse_tone and read:
            check_types(read)
        else:
            assert read is None or (isinstance(read, bytes) and len(read) % 2 == 0)


@pytest.mark.parametrize("parse", [parse_events, parse_callbacks])
@given(bodies(*SEEDS["events"], *SEEDS["callbacks"]))
def test_a_refusal_repeats_nothing(parse: Any, body: bytes) -> None:
    private = body.replace(b"+1", b"Mallory").replace(b"4:", b"Mallory").replace(b"2026", b"Mall")
    try:
        parse(private)
    except BadEvent as refused:
        told = str(refused)
    else:
        return
    assert "Mall" not in told
    assert len(told) < 200


@given(st.text() | st.from_regex(r"(8|28|4|\+?1):(orgid|dod|gcch|acs)?:?[a-z_0-9:]*"))
def test_everybody_can_be_named_to_the_sdk(address: str) -> None:
    named = identified(address)
    assert named.raw_id is not None
    assert is_number(address) == (":" not in address)
