"""Of a whole call, whatever happens in it, no number and no word is left where it must not be."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

import aiohttp
import pytest

from bridge import Call, Callflow, Ended, Hours, Transfer
from bridge.acs.calls import Calls
from bridge.call.legs import PhoneError
from bridge.lab.acs import Switches
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage
from tests.logs import written_logs
from tests.service.crm import SECRET, Crm

CALLER, COLLEAGUE = "+14255550123", "+18005550199"
GREETING = "Good morning, this is the order line."
ORDER, ANSWER = "Where is order four two seven one nine three?", "Order 4 2 7 1 9 3 is on its way."
PRICE, SORRY = "And what does it cost me?", "I do not know that."
PAY, PIN_WANTED, PAID = "Let me pay.", "Your code, please.", "It is paid."
REFUND, ANNOUNCED = "I want my money back.", "I will connect you."
BUSY_TOO = "That does not work."
KEYS = "73911937"
TURNS = [
    Thought(calls=(ToolCall("order_status", {"order_number": "427193"}),)),
    Thought(calls=(ToolCall("price", {"order_number": "427193"}),)),
    Thought(calls=(ToolCall("pay", {}),)),
    Thought(calls=(ToolCall("refund", {}),)),
]
SPOKEN = (
    *(GREETING, ORDER, ANSWER, PRICE, SORRY, PAY, PIN_WANTED, PAID, REFUND, ANNOUNCED, BUSY_TOO),
    *("ask the warehouse", "order 427193 of Zoe"),
)


def line(**more: Any) -> Callflow:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None, interim=None, **more)

    @flow.tool
    async def order_status(call: Call, order_number: Annotated[str, "Six digits"]) -> str:
        """Look up where an order is."""
        await call.progress("I ask the warehouse.")
        await asyncio.sleep(4)
        return f"Order {' '.join(order_number)} is on its way."

    @flow.tool
    async def price(call: Call, order_number: str) -> str:
        """Tell what an order costs."""
        problem = ValueError(f"order {order_number} of Zoe, {call.caller}, +49 30 901820")
        problem.add_note(f"asked by {call.caller}")
        raise problem from KeyError(call.caller)

    @flow.tool
    async def pay(call: Call) -> str:
        """Take a payment."""
        keys = await call.digits(PIN_WANTED, max_digits=len(KEYS))
        assert keys == KEYS
        return PAID

    @flow.tool
    async def refund() -> Transfer:
        """Give money back."""
        return Transfer(COLLEAGUE, say=ANNOUNCED, headers={"User-To-User": "order 427193 of Zoe"})

    return flow


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


async def whole_call(scene: Trial) -> None:
    """Everything goes wrong that can, and every kind of thing is said."""
    phone = await scene.acs.dial(NUMBER, caller=CALLER)
    await phone.hears(GREETING)
    await phone.says(ORDER)
    await phone.hears(ANSWER, within_s=30)
    await phone.says(PRICE)
    await phone.hears(SORRY, within_s=30)
    await phone.says(PAY)
    await phone.hears(PIN_WANTED)
    await phone.presses(KEYS)
    await phone.hears(PAID)
    # The lab's ACS sends no frame that is malformed.
    link = phone._leg.link
    await link.send(f'{{"kind":"AudioData","audioData":{{"data":"{CALLER} {ORDER}"}}}}')
    await link.send(f'{{"kind":"DtmfData","dtmfData":{{"data":"{CALLER}"}}}} {ORDER}')
    await post_malformed(scene)
    await phone.says(REFUND)
    await phone.hears(ANNOUNCED)
    await phone.hears(BUSY_TOO, within_s=60)
    await phone.hangs_up()
    await phone.ended()


async def post_malformed(scene: Trial) -> None:
    """Callbacks and events with numbers where none belong; the answers repeat none of them."""
    answered = next(r.body for r in scene.acs.requests if r.operation == "answer")
    data = {"callConnectionId": CALLER, "resultInformation": {"code": f"{CALLER} {ORDER}"}}
    callback = {"id": "1", "type": f"Microsoft.Communication.{CALLER}", "data": data}
    ring = {
        "eventType": "Microsoft.Communication.IncomingCall",
        "eventTime": f"{CALLER} {ORDER}",
        "data": {
            "to": {"rawId": CALLER},
            "from": {"rawId": CALLER},
            "serverCallId": "c",
            "correlationId": "c",
            "incomingCallContext": answered["incomingCallContext"],
        },
    }
    stranger = callback | {"data": {"callConnectionId": "c", "resultInformation": {}}}
    events = f"{scene.url}/acs/events?key=lab-event-grid-key"
    for url, body, status in (
        (answered["callbackUri"], [callback], 400),
        (answered["callbackUri"], [stranger], 200),
        (f"{answered['callbackUri']}{CALLER}", [callback], 401),
        (events, [ring], 400),
        (events.replace("lab", "my"), [ring], 401),
    ):
        async with (
            aiohttp.ClientSession() as web,
            web.post(url, json=body, headers=scene.acs.proof) as response,
        ):
            assert response.status == status
            assert CALLER not in (text := await response.text())
            assert ORDER not in text


def private(scene: Trial) -> list[str]:
    """Numbers, words, keys, and what opens a door."""
    bodies = [request.body for request in scene.acs.requests]
    contexts = [body["incomingCallContext"] for body in bodies if "incomingCallContext" in body]
    urls = [body["callbackUri"] for body in bodies if "callbackUri" in body]
    urls += [
        body["mediaStreamingOptions"]["transportUrl"] for body in bodies if "callbackUri" in body
    ]
    tokens = [url.rpartition("/")[2] for url in urls]
    numbers = [number[2:-2] for number in (NUMBER, CALLER, COLLEAGUE)]
    words = [text[:12] for text in SPOKEN]
    keys = [scene.acs.access_key, scene.voices.api_key, "lab-event-grid-key", SECRET]
    found = [*numbers, *words, *keys, *contexts, *tokens, KEYS, "427193", "4 2 7 1", "30 901820"]
    assert contexts
    assert all(len(token) > 100 for token in tokens)
    assert all(len(text) > 3 for text in found)
    return [*found, *(text[:40] for text in contexts), *(text[:40] for text in tokens)]


async def test_no_number_no_word_and_no_secret_is_left_anywhere(stage: Stage, crm: Crm) -> None:
    answers = [Thought(say=text) for text in (ANSWER, SORRY, PAID, BUSY_TOO)]
    with written_logs(level=logging.DEBUG) as written:
        scene = await stage(
            line(),
            brain=ScriptBrain(TURNS, answers),
            acs_switches=Switches(transfer_result={COLLEAGUE: (486, 560486)}),
            interlude_webhook_url=crm.url,
            interlude_webhook_secret=SECRET,
        )
        await whole_call(scene)
        record = await scene.record()
        await crm.has(1)
        async with aiohttp.ClientSession() as web, web.get(f"{scene.url}/metrics") as answer:
            metrics = await answer.text()
    assert [use.outcome for use in record.tools] == ["ok", "failed", "ok", "transfer"]
    assert {line["event"] for line in written.lines} >= {
        *("call.answered", "media.open", "tool.failed", "tool.ended", "media.malformed"),
        *("callbacks.malformed", "events.malformed", "door.refused"),
        *("interim.spoken", "call.ended", "callback"),
    }
    (answered,) = written.of("call.answered")
    assert (answered["caller"], answered["dialled"]) == ("…23", "…00")
    assert "…23 0/0" in [line["detail"] for line in written.of("callback")]
    places = {"the log": written.text, "metrics": metrics, "the record": str(record)}
    for place, text in places.items():
        for secret in private(scene):
            assert secret not in text, place


async def test_a_refused_redirect_leaves_nothing_either(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_calls: Calls, context: str, to: str) -> None:
        raise PhoneError(f"ACS answered 403 to {context} for {to}")

    monkeypatch.setattr(Calls, "redirect", refuse)
    closed = Hours(zone="UTC", week={}, closed=Transfer(COLLEAGUE))
    with written_logs(level=logging.DEBUG) as written:
        scene = await stage(line(hours=closed))
        phone = await scene.acs.dial(NUMBER, caller=CALLER)
        assert (await phone.ended()).transferred_to == COLLEAGUE
        await scene.record()
    (refused,) = written.of("redirect.refused")
    assert refused["detail"] == "ACS answered 403 to … for …99"
    for secret in private(scene):
        assert secret not in written.text


async def test_digits_leave_the_process_masked_and_reach_the_flow_as_they_were(
    stage: Stage, crm: Crm
) -> None:
    flow, told = line(), asyncio.Queue[Ended]()

    @flow.on_end
    async def keep(ended: Ended) -> None:
        told.put_nowait(ended)

    brain = ScriptBrain([*TURNS[:1], Thought(say="Go on."), Thought(say="Thanks.")])
    scene = await stage(
        flow, brain=brain, interlude_webhook_url=crm.url, interlude_webhook_secret=SECRET
    )
    phone = await scene.acs.dial(NUMBER, caller=CALLER)
    await phone.hears(GREETING)
    await phone.says(ORDER)
    await phone.waits(6.5)
    await phone.says("No. Five three,")
    await phone.hears("Go on.")
    await phone.says("nine nine.")
    await phone.hears("Thanks.")
    await phone.hangs_up()
    spoken = [(said.by, said.text, said.heard) for said in (await told.get()).said]
    assert spoken == [
        ("agent", GREETING, None),
        ("caller", ORDER, None),
        ("line", "I ask the warehouse.", None),
        ("agent", ANSWER, "Order 4 2 7"),
        ("caller", "No. Five three,", None),
        ("agent", "Go on.", None),
        ("caller", "nine nine.", None),
        ("agent", "Thanks.", None),
    ]
    await crm.has(1)
    posted = crm.posts[0].content
    assert [(said["by"], said["text"], said["heard"]) for said in posted["said"]] == [
        ("agent", GREETING, None),
        ("caller", "Where is order …93?", None),
        ("line", "I ask the warehouse.", None),
        ("agent", "Order …93 is on its way.", "Order …"),
        ("caller", "No. …", None),
        ("agent", "Go on.", None),
        ("caller", "…99.", None),
        ("agent", "Thanks.", None),
    ]
    assert posted["call"]["caller"] == CALLER
