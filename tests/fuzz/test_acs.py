"""Whatever comes in by ACS's doors is read as the types declare, or refused as documented."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.acs.callbacks import parse_callbacks
from bridge.acs.events import BadEvent, parse_events
from bridge.acs.identifiers import identified, is_number
from bridge.acs.media import BadFrame, parse_frame, parse_tone
from tests.fuzz.behind import CORPUS, DOORS, callbacks, events, media
from tests.fuzz.spoiling import bodies

SEEDS = {
    door: [json.loads(path.read_bytes()) for path in sorted((CORPUS / door).iterdir())]
    for door in DOORS
}


@given(bodies(*SEEDS["events"]))
async def test_a_delivery_of_events_is_read_or_refused(body: bytes) -> None:
    await events(body)


@given(bodies(*SEEDS["callbacks"]))
async def test_a_delivery_of_callbacks_is_read_or_refused(body: bytes) -> None:
    await callbacks(body)


@given(bodies(*SEEDS["media"]))
async def test_a_frame_is_read_or_refused(body: bytes) -> None:
    await media(body)


@given(st.text('{}[]":kind\udcff'))
def test_text_that_is_no_text_is_refused(text: str) -> None:
    for parse in (parse_frame, parse_tone):
        with suppress(BadFrame):
            parse(text)


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
