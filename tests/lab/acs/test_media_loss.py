import json

import pytest

from bridge.lab.acs import AcsStandIn, Switches

from .conftest import NUMBER, Bridge, Dial


@pytest.mark.parametrize(("size", "failed"), [(64 * 1024, False), (64 * 1024 + 1, True)])
async def test_a_message_over_64_kilobytes_loses_the_media(
    dial: Dial, bridge: Bridge, size: int, *, failed: bool
) -> None:
    phone = await dial()
    await bridge.sockets[0].send_str(json.dumps({"kind": "x", "x": ""}).ljust(size))
    await phone.waits(2)
    assert ("MediaStreamingFailed" in bridge.types) == failed
    assert bridge.closes == ([1009] if failed else [])
    assert not phone.complaints


async def test_the_media_that_cannot_be_opened_leaves_the_caller_in_silence(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    acs.switches = Switches(media_never=True)
    phone = await acs.dial(NUMBER)
    await bridge.told("CallConnected")
    assert bridge.callback("MediaStreamingFailed")["resultInformation"] == {
        "code": 400,
        "subCode": 8581,
        "message": "Action failed, Transport url is not valid or web socket server is not"
        " operational.",
    }
    assert not bridge.upgrades
    await phone.hangs_up()


async def test_a_url_that_leads_nowhere_is_no_media(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.options = {"transport_url": bridge.url("nowhere", "ws")}
    phone = await acs.dial(NUMBER)
    await bridge.told("MediaStreamingFailed")
    await phone.hangs_up()


async def test_a_bridge_that_closes_the_media_keeps_the_call(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.told("CallConnected")
    await bridge.sockets[0].close()
    await bridge.told("MediaStreamingFailed")
    properties = await bridge.call(phone.connection_id).get_call_properties()
    assert properties.call_connection_state == "connected"
    await phone.waits(1)
    assert phone.line_ms > 1000
    await phone.hangs_up()
    assert "MediaStreamingStopped" not in bridge.types


async def test_media_that_was_lost_on_the_way_can_be_opened_again(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    await phone.waits(0.5)
    await phone.drops_media()
    await bridge.until(lambda: bool(bridge.closes))
    await bridge.told("MediaStreamingFailed")
    assert bridge.closes == [1006]
    await phone.waits(1)
    assert phone.sent_frames < 30
    await phone.reopens_media()
    await phone.waits(0.505)
    assert len(bridge.upgrades) == 2
    assert [frame["kind"] for frame in bridge.frames].count("AudioMetadata") == 2
    assert 45 <= phone.sent_frames <= 52
    await phone.hangs_up()


async def test_the_network_may_close_the_media_with_a_code(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await phone.closes_media(1011)
    await bridge.told("MediaStreamingFailed")
    assert bridge.closes == [1011]


async def test_the_bridge_may_stop_the_media_and_start_them_again(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    await bridge.told("CallConnected")
    call = bridge.call(phone.connection_id)
    await call.stop_media_streaming(operation_context="pause")
    await bridge.until(lambda: bool(bridge.closes))
    stopped = bridge.callback("MediaStreamingStopped")
    assert stopped["operationContext"] == "pause"
    assert stopped["mediaStreamingUpdate"]["mediaStreamingStatusDetails"] == "subscriptionStopped"
    await call.start_media_streaming(operation_callback_url=bridge.url("callbacks?again"))
    await bridge.until(lambda: bridge.types.count("MediaStreamingStarted") == 2)
    assert len(bridge.upgrades) == 2
    assert "MediaStreamingFailed" not in bridge.types
    await phone.hangs_up()


async def test_the_media_may_wait_to_be_started(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.options = {"start_media_streaming": False}
    phone = await acs.dial(NUMBER)
    await bridge.told("CallConnected")
    assert not bridge.upgrades
    await bridge.call(phone.connection_id).start_media_streaming()
    await phone.answered()
    await phone.hangs_up()


async def test_media_that_was_lost_may_not_start_again(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(media_restart_fails=True)
    await bridge.told("CallConnected")
    await phone.drops_media()
    await bridge.told("MediaStreamingFailed")
    await bridge.call(phone.connection_id).start_media_streaming(operation_context="again")
    await bridge.until(lambda: bridge.types.count("MediaStreamingFailed") == 2)
    assert bridge.events[-1]["data"]["operationContext"] == "again"
    assert len(bridge.upgrades) == 1


async def test_the_service_may_open_lost_media_again_by_itself(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(media_reconnects_s=3)
    await bridge.told("MediaStreamingStarted")
    lost_ms = phone.line_ms
    await phone.drops_media()
    await bridge.until(lambda: len(bridge.upgrades) == 2)
    assert phone.line_ms - lost_ms == pytest.approx(3000, abs=20)
    await bridge.until(lambda: bridge.types.count("MediaStreamingStarted") == 2)
    details = [
        event["data"]["mediaStreamingUpdate"]["mediaStreamingStatusDetails"]
        for event in bridge.events
        if "MediaStreaming" in event["type"]
    ]
    assert details == [
        "subscriptionStarted",
        "streamConnectionInterrupted",
        "streamConnectionReestablished",
    ]


async def test_nothing_is_opened_again_for_a_caller_who_is_gone(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(media_reconnects_s=3)
    await phone.drops_media()
    await bridge.told("MediaStreamingFailed")
    await phone.hangs_up()
    await phone.waits(5)
    assert len(bridge.upgrades) == 1
