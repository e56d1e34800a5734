"""A carrier on this machine: its calls are calls like others, and stay its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from bridge import Callflow, HangUp, Transfer
from bridge.acs.calls import open_calls
from bridge.lab.acs import AcsStandIn, CallRefused, Phone, Switches
from bridge.lab.speech import Studio
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.service.side_doors import open_side_doors
from bridge.trial import Trial, trial

NUMBER = "+18005550100"
GREETING = "Good morning."


def line() -> Flows:
    flow = Callflow(number=NUMBER, greeting=GREETING)

    @flow.tool
    async def connect_person() -> Transfer:
        """Connect the caller with a person."""
        return Transfer("+18005550199", say="I will put you through.")

    @flow.tool
    async def end_call() -> HangUp:
        """End the call."""
        return HangUp(say="Goodbye.")

    return Flows({"line": flow})


@dataclass
class Beside:
    """A service between the stand-ins of a trial, and another carrier beside it."""

    scene: Trial
    other: AcsStandIn

    async def dials(self) -> Phone:
        return await self.other.dial(NUMBER)


@asynccontextmanager
async def beside(**settings: Any) -> AsyncIterator[Beside]:
    studio = Studio()
    async with (
        trial(line(), studio=studio, **settings) as scene,
        AcsStandIn(studio) as other,
        open_calls(other.endpoint, other.access_key) as calls,
        open_side_doors(
            scene.app, calls, other.resource_id, other.authority.configuration_url
        ) as events_url,
    ):
        await other.subscribe(events_url)
        yield Beside(scene, other)


def operations(carrier: AcsStandIn) -> list[str]:
    return [asked.operation for asked in carrier.requests]


async def test_a_call_of_another_carrier_is_answered_transferred_and_ended_there() -> None:
    async with beside() as both:
        phone = await both.dials()
        await phone.hears(GREETING)
        assert [call.dialled for call in both.scene.app[SWITCHBOARD].in_progress] == [NUMBER]
        await phone.says("Connect me with a person, please.")
        assert (await phone.ended()).transferred_to == "+18005550199"
        record = await both.scene.record()
        assert record.end
        assert (record.end.by, record.end.reason) == ("agent", "transferred")
        assert "transferToParticipant" in operations(both.other)
        assert both.scene.acs.requests == []


async def test_each_call_is_hung_up_where_it_came_from() -> None:
    async with beside() as both:
        phones = await both.dials(), await both.scene.acs.dial(NUMBER)
        for phone in phones:
            await phone.hears(GREETING)
            await phone.says("Please end the call.")
        for phone in phones:
            assert (await phone.ended()).by == "bridge"
        for carrier in (both.other, both.scene.acs):
            assert operations(carrier).count("answer") == 1
            assert operations(carrier).count("terminate") == 1


async def test_a_call_that_is_turned_down_is_turned_down_there() -> None:
    async with beside() as both:
        phone = await both.other.dial("+18005550111")
        with pytest.raises(CallRefused):
            await phone.answered()
        assert operations(both.other) == ["reject"]
        assert both.scene.acs.requests == []


async def test_a_call_whose_media_never_comes_is_hung_up_there() -> None:
    async with beside() as both:
        both.other.switches = Switches(media_never=True)
        phone = await both.dials()
        assert (await phone.ended()).by == "bridge"
        assert operations(both.other) == ["answer", "terminate"]


@pytest.mark.parametrize("auth", ["enforce", "off"])
async def test_the_side_doors_ask_for_proof_of_their_own_whatever_others_do(auth: str) -> None:
    async with (
        beside(interlude_auth=auth, interlude_host="127.0.0.1") as both,
        ClientSession() as web,
    ):
        theirs = await both.dials()
        await theirs.hears(GREETING)
        ours = await both.scene.acs.dial(NUMBER)
        await ours.hears(GREETING)
        urls = both.other.requests[0].body
        callbacks, media = urls["callbackUri"], urls["mediaStreamingOptions"]["transportUrl"]
        side = callbacks[: callbacks.index("/acs/")]
        public = both.scene.acs.requests[0].body["callbackUri"]
        other_token = public.rsplit("/", 1)[1]

        async def status(url: str, headers: dict[str, str]) -> int:
            async with web.post(url, json=[], headers=headers) as response:
                return response.status

        assert await status(callbacks, both.other.proof) == HTTPStatus.OK
        assert await status(callbacks, {}) == HTTPStatus.UNAUTHORIZED
        assert await status(callbacks, both.scene.acs.proof) == HTTPStatus.UNAUTHORIZED
        forged = f"{side}/acs/callbacks/{other_token}"
        assert await status(forged, both.other.proof) == HTTPStatus.UNAUTHORIZED
        assert await status(f"{side}/acs/events", {}) == HTTPStatus.UNAUTHORIZED
        with pytest.raises(WSServerHandshakeError, match="401"):
            await web.ws_connect(media)


async def test_what_opens_the_side_doors_opens_no_door_of_azure() -> None:
    async with beside() as both, ClientSession() as web:
        phone = await both.scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        assert both.other.subscription
        key = both.other.subscription.url.partition("?")[2]
        callbacks = both.scene.acs.requests[0].body["callbackUri"]
        for url, headers in (
            (callbacks, both.other.proof),
            (f"{both.scene.url}/acs/events?{key}", {}),
        ):
            async with web.post(url, json=[], headers=headers) as response:
                assert response.status == HTTPStatus.UNAUTHORIZED


async def test_the_side_doors_stay_open_until_their_calls_are_seen_to_their_end() -> None:
    async with beside() as both:
        phone = await both.dials()
        await phone.hears(GREETING)
        hanging_up = asyncio.create_task(phone.hangs_up())
        await phone.ended()
    await hanging_up
    record = await both.scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == ("caller", "hung_up")
