"""Where a caller may be sent, and what may be said along with them."""

from typing import Any

import pytest

from bridge import FlowError, HangUp, Transfer

COLLEAGUE = "+18005550199"
GUID = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    "to",
    [
        COLLEAGUE,
        "+4989123456",
        f"8:orgid:{GUID}",
        f"8:acs:{GUID}_{GUID}",
        f"8:dod:{GUID}",
        f"8:gcch:{GUID}",
        f"28:orgid:{GUID}",
    ],
)
def test_a_caller_may_be_sent_to(to: str) -> None:
    assert Transfer(to).to == to


@pytest.mark.parametrize(
    ("to", "remedy"),
    [
        ("", "international form"),
        ("555", "international form"),
        ("18005550199", "international form"),
        ("+1 800 555 0199", "international form"),
        (f"{COLLEAGUE}\n", "international form"),
        ("8:orgid:", "international form"),
        (f"8:orgid:{GUID} ", "international form"),
        (GUID, "like '8:orgid:…'"),
        ("colleague@example.com", "like '8:orgid:…'"),
        ("sip:colleague@example.com", "ACS reaches a SIP trunk by a number"),
        ("SIP:+18005550199@example.com", "ACS reaches a SIP trunk by a number"),
    ],
)
def test_a_caller_cannot_be_sent_to(to: str, remedy: str) -> None:
    with pytest.raises(FlowError, match=remedy):
        Transfer(to)


@pytest.mark.parametrize("half", [{"brief": "Mr Smith."}, {"music": "hold.wav"}])
def test_a_brief_and_music_go_together(half: dict[str, Any]) -> None:
    with pytest.raises(FlowError, match=r"needs music=.*music needs a brief"):
        Transfer(COLLEAGUE, **half)


def test_a_colleague_may_hear_first_what_it_is_about() -> None:
    transfer = Transfer(COLLEAGUE, say="One moment.", brief="Mr Smith.", music="hold.wav")
    assert (transfer.brief, transfer.music) == ("Mr Smith.", "hold.wav")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-To-User": "order=4711"},
        {"X-MS-Custom-Order": "4711", "x-ms-custom-case-2": ""},
        {"X-MS-Custom-Long": "x" * 256},
    ],
)
def test_the_other_side_may_be_told_in_headers(headers: dict[str, str]) -> None:
    assert Transfer(COLLEAGUE, headers=headers).headers == headers


@pytest.mark.parametrize(
    ("headers", "remedy"),
    [
        ({"From": "me"}, "not 'From'"),
        ({"X-MS-Custom-": "me"}, "not 'X-MS-Custom-'"),
        ({"X-MS-Custom-A\r\nFrom": "me"}, "not 'X-MS-Custom-A"),
        ({"X-MS-Custom-A B": "me"}, "not 'X-MS-Custom-A B'"),
        ({"X-MS-Custom-A": "x" * 257}, "at most 256 characters"),
        ({"X-MS-Custom-A": "Zoë"}, "plain ASCII"),
        ({"X-MS-Custom-A": "a\r\nFrom: me"}, "plain ASCII"),
    ],
)
def test_a_header_that_would_not_arrive_is_refused(headers: dict[str, Any], remedy: str) -> None:
    with pytest.raises(FlowError, match=remedy):
        Transfer(COLLEAGUE, headers=headers)


def test_ways_out_of_a_call_can_be_compared_and_counted() -> None:
    same = [Transfer(COLLEAGUE, headers={"User-To-User": "a"}) for _ in range(2)]
    assert same[0] == same[1] != Transfer(COLLEAGUE)
    assert len({*same, HangUp(), HangUp(), HangUp("Bye.")}) == 3
