"""The webhook: who may post, what is answered once, and what is not answered at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSServerHandshakeError

from bridge import Callflow, Limits
from bridge.lab.acs import CallbackSwitches, CallRefused, Fault, Switches
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial, trial

NUMBER = "+18005550100"
GREETING = "Good morning."
FLOWS = Flows({"line": Callflow(number=NUMBER, greeting=GREETING)})
UPGRADE = {"Upgrade": "websocket"}


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS) as running:
        yield running


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def operations(scene: Trial) -> list[str]:
    return [request.operation for request in scene.acs.requests]


@pytest.mark.parametrize("schema", ["event_grid", "cloud_events"])
async def test_both_schemas_ring_the_telephone(scene: Trial, schema: Any) -> None:
    await scene.acs.subscribe(f"{scene.url}/acs/events?key=lab-event-grid-key", schema=schema)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {}, 401),
        ("?key=wrong", {}, 401),
        ("", {"x-eventgrid-key": "schlüssel"}, 401),
        ("?key=lab-event-grid-key", {}, 200),
        ("", {"x-eventgrid-key": "lab-event-grid-key"}, 200),
    ],
)
async def test_only_who_has_the_key_may_post_events(
    scene: Trial, web: ClientSession, query: str, headers: dict[str, str], status: int
) -> None:
    url = f"{scene.url}/acs/events{query}"
    async with web.post(url, json=[{"eventType": "Other"}], headers=headers) as response:
        assert response.status == status


async def test_what_is_no_event_is_refused(scene: Trial, web: ClientSession) -> None:
    url = f"{scene.url}/acs/events?key=lab-event-grid-key"
    async with web.post(url, data=b"{") as response:
        assert response.status == 400
    async with web.options(url) as response:
        assert response.status == 400


@pytest.mark.parametrize("when", ["after", "together"])
async def test_a_call_announced_twice_is_answered_once(when: Any) -> None:
    async with trial(FLOWS, acs_switches=Switches(duplicate_incoming=when)) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        assert operations(scene) == ["answer"]


async def test_an_answer_that_failed_is_tried_again_on_the_second_announcement() -> None:
    switches = Switches(answer_error=Fault(400, "8523"))
    async with trial(FLOWS, acs_switches=switches) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        assert operations(scene) == ["answer", "answer"]


async def test_old_news_of_a_call_is_dropped() -> None:
    async with trial(FLOWS, acs_switches=Switches(delayed_incoming_s=40)) as scene:
        phone = await scene.acs.dial(NUMBER)
        with pytest.raises(CallRefused):
            await phone.answered()
        assert operations(scene) == []


@pytest.mark.parametrize(
    "callbacks",
    [
        CallbackSwitches(shuffle=True),
        CallbackSwitches(batch=True, duplicate=True),
        CallbackSwitches(delay_s=2),
        CallbackSwitches(drop=frozenset({"CallConnected"})),
    ],
    ids=["shuffled", "doubled", "late", "lost"],
)
async def test_the_order_of_callbacks_does_not_matter(callbacks: CallbackSwitches) -> None:
    async with trial(FLOWS, acs_switches=Switches(callbacks=callbacks)) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.hangs_up()
        record = await scene.record()
        assert record.end
        assert record.end.by == "caller"


async def test_a_caller_whose_farewell_gets_lost_is_not_kept() -> None:
    callbacks = CallbackSwitches(drop=frozenset({"CallDisconnected"}))
    async with trial(FLOWS, acs_switches=Switches(callbacks=callbacks)) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.hangs_up()
        record = await scene.record()
        assert record.end
        assert (record.end.by, record.end.reason) == ("carrier", "lost")


async def test_a_failed_hang_up_leaves_the_verdict_as_it_is() -> None:
    flows = Flows({"line": Callflow(number=NUMBER, limits=Limits(longest_s=5))})
    switches = Switches(hang_up_error=Fault(403, "7504"))
    async with trial(flows, acs_switches=switches) as scene:
        await (await scene.acs.dial(NUMBER)).answered()
        record = await scene.record()
        assert record.end
        assert record.end.reason == "time_limit"


async def test_doors_do_not_open_to_strangers(scene: Trial, web: ClientSession) -> None:
    async with web.get(f"{scene.url}/acs/media/forged", headers=UPGRADE) as response:
        assert response.status == 401
    async with web.post(f"{scene.url}/acs/callbacks/forged", json=[]) as response:
        assert response.status == 401


async def test_a_calls_own_doors_open_for_what_they_are_for(
    scene: Trial, web: ClientSession
) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    answer = scene.acs.requests[0].body
    media = answer["mediaStreamingOptions"]["transportUrl"].replace("ws", "http", 1)
    proof = scene.acs.proof
    (connection_id,) = scene.acs.connection_ids
    named = {**proof, **UPGRADE, "x-ms-call-connection-id": connection_id}
    async with web.get(media, headers=proof) as response:
        assert response.status == 426, "what is no WebSocket does not come to the door"
    async with web.get(media, headers={**proof, **UPGRADE}) as response:
        assert response.status == 400, "a socket without the call's name is nobody's"
    async with web.get(media, headers=named) as response:
        assert response.status == 409, "the call has its media already"
    async with web.post(answer["callbackUri"], data=b"{", headers=proof) as response:
        assert response.status == 400
    async with web.post(answer["callbackUri"], json=[], headers=proof) as response:
        assert response.status == 200
    swapped = answer["callbackUri"].replace("/callbacks/", "/media/")
    async with web.get(swapped, headers=named) as response:
        assert response.status == 401


async def test_health_says_whether_calls_are_taken(scene: Trial, web: ClientSession) -> None:
    async def status(probe: str) -> int:
        async with web.get(f"{scene.url}/health/{probe}") as response:
            return response.status

    assert (await status("live"), await status("ready")) == (200, 200)
    await scene.app[SWITCHBOARD].drain()
    assert (await status("live"), await status("ready")) == (200, 503)


async def test_a_call_without_media_has_its_verdict_even_if_it_cannot_be_hung_up() -> None:
    switches = Switches(media_never=True, hang_up_error=Fault(403, "7504", times=9))
    async with trial(FLOWS, acs_switches=switches) as scene:
        await scene.acs.dial(NUMBER)
        record = await scene.record()
        assert record.end
        assert (record.end.by, record.end.reason) == ("carrier", "media_failed")


async def test_draining_waits_for_a_call_that_is_answered_and_not_yet_heard() -> None:
    async with trial(FLOWS) as scene:
        phone = await scene.acs.dial(NUMBER)
        await asyncio.sleep(0.5)  # answered after 0.1 s
        drained = asyncio.create_task(scene.app[SWITCHBOARD].drain())
        await phone.hears(GREETING)
        assert not drained.done()
        await phone.hangs_up()
        await drained


async def test_a_process_that_must_stop_gives_up_calls_without_media() -> None:
    async with trial(FLOWS, acs_switches=Switches(media_delay_s=20)) as scene:
        await scene.acs.dial(NUMBER)
        await asyncio.sleep(0.5)  # answered after 0.1 s
        scene.app[SWITCHBOARD].end_all()
        record = await scene.record()
        assert record.end
        assert (record.end.by, record.end.reason) == ("bridge", "shutdown")


async def test_of_two_sockets_for_one_call_one_is_served(web: ClientSession) -> None:
    async with trial(FLOWS, acs_switches=Switches(media_delay_s=20)) as scene:
        await scene.acs.dial(NUMBER)
        await asyncio.sleep(0.5)  # answered after 0.1 s
        url = scene.acs.requests[0].body["mediaStreamingOptions"]["transportUrl"]
        (connection_id,) = scene.acs.connection_ids
        headers = {**scene.acs.proof, "x-ms-call-connection-id": connection_id}
        sockets = await asyncio.gather(
            web.ws_connect(url, headers=headers),
            web.ws_connect(url, headers=headers),
            return_exceptions=True,
        )
        served = [socket for socket in sockets if isinstance(socket, ClientWebSocketResponse)]
        refused = [error for error in sockets if isinstance(error, WSServerHandshakeError)]
        assert (len(served), [error.status for error in refused]) == (1, [409])
        await served[0].close()


async def test_calls_that_never_got_media_are_forgotten() -> None:
    callbacks = CallbackSwitches(
        drop=frozenset({"MediaStreamingFailed", "CallDisconnected", "CallConnected"})
    )
    switches = Switches(media_never=True, callbacks=callbacks)
    async with trial(FLOWS, acs_switches=switches) as scene:
        await scene.acs.dial(NUMBER)
        record = await scene.record()
        assert record.end
        assert (record.end.by, record.end.reason) == ("carrier", "media_failed")
