"""A token opens the door it was made for, for a while, and says nothing to anybody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flow.call import Call
from bridge.service.tokens import LIFETIME_S, BadToken, Purpose, Tokens

CALL = Call("c1", "+14255550123", "+18005550100", "k1")
TOKENS = Tokens("secret")


def test_a_token_carries_a_call_through_a_url() -> None:
    token = TOKENS.seal(Purpose.MEDIA, CALL)
    assert Tokens("secret").open(Purpose.MEDIA, token) == CALL
    assert "555" not in token
    assert token.replace("-", "").replace("_", "").replace("=", "").isalnum()


@pytest.mark.parametrize("tokens", [TOKENS, Tokens("other")])
def test_a_token_opens_no_other_door(tokens: Tokens) -> None:
    with pytest.raises(BadToken):
        tokens.open(Purpose.CALLBACKS, TOKENS.seal(Purpose.MEDIA, CALL))


def test_a_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    token = TOKENS.seal(Purpose.MEDIA, CALL)
    made_at = TOKENS._seals[Purpose.MEDIA].extract_timestamp(token.encode())
    late = made_at + LIFETIME_S[Purpose.MEDIA]
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: late)
    assert TOKENS.open(Purpose.MEDIA, token) == CALL
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: late + 1)
    with pytest.raises(BadToken):
        TOKENS.open(Purpose.MEDIA, token)


@given(st.text(max_size=300))
def test_nothing_else_opens(token: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.open(Purpose.MEDIA, token)
