import asyncio
from typing import Any

import pytest
from azure.communication.callautomation import CallRejectReason, PhoneNumberIdentifier
from azure.communication.callautomation.aio import CallAutomationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from bridge.lab.acs import AcsStandIn, CallRefused, Fault, Phone, Switches

from .conftest import NUMBER, Bridge, Dial, Json


async def rings(acs: AcsStandIn, bridge: Bridge, **switches: Any) -> tuple[Phone, str]:
    """A phone that rings, and the context to answer it with."""
    bridge.answers = False
    acs.switches = Switches(**switches)
    phone = await acs.dial(NUMBER)
    await bridge.until(lambda: len(bridge.deliveries) == 2)
    return phone, bridge.deliveries[-1][1][0]["data"]["incomingCallContext"]


def problem(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    assert error.value.error is not None
    assert error.value.error.code is not None
    return error.value.status_code, error.value.error.code


async def test_the_sdk_answers_and_learns_of_the_call(
    acs: AcsStandIn, dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    (answer,) = acs.requests
    assert (answer.operation, answer.call_connection_id) == ("answer", None)
    assert answer.body["operationContext"] == "hello"
    call = bridge.call(phone.connection_id)
    assert (await call.get_call_properties()).call_connection_state == "connecting"
    await bridge.told("CallConnected")
    properties = await call.get_call_properties()
    assert properties.call_connection_state == "connected"
    assert properties.correlation_id == phone.correlation_id
    assert properties.server_call_id == phone.server_call_id
    assert isinstance(properties.source, PhoneNumberIdentifier)
    assert properties.source.properties["value"] == "+14255550123"
    assert acs.requests[-1].operation == "get"
    assert acs.requests[-1].call_connection_id == phone.connection_id


async def test_answering_takes_its_time(acs: AcsStandIn, bridge: Bridge) -> None:
    _, context = await rings(acs, bridge, answer_s=0.2)
    loop = asyncio.get_running_loop()
    asked = loop.time()
    await bridge.answer(context)
    assert loop.time() - asked == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("reason", list(CallRejectReason))
async def test_a_rejected_caller_hears_why(
    acs: AcsStandIn, bridge: Bridge, reason: CallRejectReason
) -> None:
    phone, context = await rings(acs, bridge)
    await bridge.client.reject_call(context, call_reject_reason=reason)
    with pytest.raises(CallRefused) as refused:
        await phone.answered()
    assert refused.value.reason == reason.value
    end = await phone.ended()
    assert (end.by, end.code, end.message) == ("bridge", 603, reason.value)
    with pytest.raises(ResourceNotFoundError) as error:
        await bridge.answer(context)
    assert problem(error) == (404, "8522")


async def test_a_redirected_call_is_somebody_elses(acs: AcsStandIn, bridge: Bridge) -> None:
    phone, context = await rings(acs, bridge)
    await bridge.client.redirect_call(context, PhoneNumberIdentifier("+15551110000"))
    with pytest.raises(CallRefused, match="redirected"):
        await phone.answered()
    end = await phone.ended()
    assert (end.by, end.transferred_to) == ("transfer", "+15551110000")


async def test_only_the_context_of_the_event_takes_a_call(acs: AcsStandIn, bridge: Bridge) -> None:
    _, context = await rings(acs, bridge)
    for wrong in (context[:-2], "nonsense"):
        with pytest.raises(HttpResponseError) as error:
            await bridge.answer(wrong)
        assert problem(error) == (400, "8523")


async def test_a_call_is_answered_once(acs: AcsStandIn, bridge: Bridge) -> None:
    phone, context = await rings(acs, bridge)
    await bridge.answer(context)
    for request in (bridge.answer, bridge.client.reject_call):
        with pytest.raises(HttpResponseError) as error:
            await request(context)
        assert problem(error) == (409, "8519")
    await phone.answered()


@pytest.mark.parametrize("url", ["http://bridge.example.com/cb", "ftp://x/cb", "nonsense"])
async def test_callbacks_go_to_https_or_to_this_machine(
    acs: AcsStandIn, bridge: Bridge, url: str
) -> None:
    _, context = await rings(acs, bridge)
    with pytest.raises(HttpResponseError, match="CallbackUri is invalid") as error:
        await bridge.answer(context, callback_url=url)
    assert problem(error) == (400, "8523")


@pytest.mark.parametrize(
    "options", [{"enable_bidirectional": False}, {"audio_format": "pcm8KMono"}]
)
async def test_an_answer_needs_sound_in_both_directions_that_the_line_can_carry(
    acs: AcsStandIn, bridge: Bridge, options: Json
) -> None:
    _, context = await rings(acs, bridge)
    bridge.options = options
    with pytest.raises(HttpResponseError) as error:
        await bridge.answer(context)
    assert problem(error) == (400, "8500")


async def test_an_answer_may_fail_for_good(acs: AcsStandIn, bridge: Bridge) -> None:
    _, context = await rings(acs, bridge, answer_error=Fault(429, "8516"))
    with pytest.raises(HttpResponseError) as error:
        await bridge.answer(context)
    assert problem(error) == (429, "8516")
    assert len(acs.requests) == 1


async def test_an_answer_may_be_asked_to_come_back(acs: AcsStandIn, bridge: Bridge) -> None:
    _, context = await rings(acs, bridge, answer_error=Fault(429, "8516", retry_after_s=2))
    loop = asyncio.get_running_loop()
    asked = loop.time()
    await bridge.answer(context)
    assert loop.time() - asked == pytest.approx(2.2, abs=0.1)
    first, second = (r.headers["Repeatability-Request-ID"] for r in acs.requests)
    assert first == second


@pytest.mark.parametrize("for_everyone", [True, False])
async def test_hanging_up_may_fail_first(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, *, for_everyone: bool
) -> None:
    phone = await dial(hang_up_error=Fault(404, "8522"))
    call = bridge.call(phone.connection_id)
    with pytest.raises(ResourceNotFoundError):
        await call.hang_up(is_for_everyone=for_everyone)
    await call.hang_up(is_for_everyone=for_everyone)
    assert [r.operation for r in acs.requests[1:]] == (
        ["terminate"] * 2 if for_everyone else ["delete"] * 2
    )
    assert (await phone.ended()).by == "bridge"


async def test_a_call_that_is_over_is_not_found(bridge: Bridge, dial: Dial) -> None:
    phone = await dial()
    await phone.hangs_up()
    call = bridge.call(phone.connection_id)
    for request in (
        call.get_call_properties,
        lambda: call.hang_up(is_for_everyone=True),
        call.start_media_streaming,
    ):
        with pytest.raises(ResourceNotFoundError) as error:
            await request()
        assert problem(error) == (404, "8522")


async def test_a_call_that_is_not_answered_has_no_connection(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    phone, _ = await rings(acs, bridge)
    with pytest.raises(ResourceNotFoundError):
        await bridge.call(phone.connection_id).get_call_properties()


async def test_nothing_but_hanging_up_works_before_the_call_is_established(
    bridge: Bridge, dial: Dial
) -> None:
    call = bridge.call((await dial()).connection_id)
    for request in (
        call.start_media_streaming,
        call.stop_media_streaming,
        lambda: call.transfer_call_to_participant(PhoneNumberIdentifier("+15551110000")),
    ):
        with pytest.raises(HttpResponseError) as error:
            await request()
        assert problem(error) == (400, "8501")


async def test_answers_carry_the_headers_of_the_service(acs: AcsStandIn, dial: Dial) -> None:
    phone = await dial()
    seen: dict[str, str] = {}
    async with CallAutomationClient(acs.endpoint, AzureKeyCredential(acs.access_key)) as client:
        call = client.get_call_connection(phone.connection_id)
        await call.hang_up(
            is_for_everyone=True,
            raw_response_hook=lambda r: seen.update(r.http_response.headers),
        )
    assert seen["X-Microsoft-Skype-Chain-ID"] == phone.correlation_id
    assert seen["Repeatability-Result"] == "accepted"
    assert seen["x-ms-client-request-id"] == acs.requests[-1].headers["x-ms-client-request-id"]
    assert "2026-03-12" in seen["api-supported-versions"]
