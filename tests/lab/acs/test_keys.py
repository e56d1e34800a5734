import pytest

from bridge.lab.acs import Phone

from .conftest import Bridge, Dial


async def dtmf(bridge: Bridge, phone: Phone) -> list[str]:
    await phone.presses("12*#")
    return [frame["dtmfData"]["data"] for frame in bridge.frames if frame["kind"] == "DtmfData"]


async def test_keys_arrive_half_a_second_apart(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    assert await dtmf(bridge, phone) == ["1", "2", "*", "#"]
    assert phone.line_ms == pytest.approx(2000, abs=20)


async def test_star_and_pound_have_more_than_one_spelling(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(dtmf_star="asterisk", dtmf_pound="pound")
    assert await dtmf(bridge, phone) == ["1", "2", "asterisk", "pound"]


async def test_keys_may_be_lost(dial: Dial, bridge: Bridge) -> None:
    assert await dtmf(bridge, await dial(lose_tones=True)) == []


async def test_keys_do_not_arrive_where_nobody_asked_for_them(dial: Dial, bridge: Bridge) -> None:
    bridge.options = {"enable_dtmf_tones": False}
    assert await dtmf(bridge, await dial()) == []


async def test_any_text_can_be_sent(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await phone.sends('{"kind":"Nonsense"}')
    await bridge.until(lambda: {"kind": "Nonsense"} in bridge.frames)
