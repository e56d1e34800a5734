"""What replicas read that others, or nobody of theirs, have written."""

import pytest

from bridge.service.replicas.letters import Letters
from bridge.service.tokens import Tokens
from tests.replicas.people import SECRET

READER = Letters(Tokens(SECRET), "reader@127.0.0.1:1")


@pytest.mark.parametrize("me", ["a1@10.0.0.5:8080", "a1@[fd00::5]:8080"])
def test_where_a_replica_is_the_others_read(me: str) -> None:
    assert READER.opened_place(Letters(Tokens(SECRET), me).place) == me


@pytest.mark.parametrize(
    "sealed",
    [
        "",
        "forged",
        Tokens("another").seal_note("a1@10.0.0.5:8080"),
        Tokens(SECRET).seal_note('[1, "note by anna@example.com"]'),
        Tokens(SECRET).seal_note("a1@10.0.0.5:8080/path"),
    ],
)
def test_a_note_that_is_of_another_secret_or_kind_is_no_place(sealed: str) -> None:
    assert READER.opened_place(sealed) is None
