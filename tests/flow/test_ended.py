"""What a flow's own code gets of a call that is over, and what a log line shows of it."""

from bridge import Call, Ended, Said

CALL = Call(id="c1", caller="+14255550123", dialled="+18005550100", correlation_id="k1")


def test_neither_words_nor_numbers_are_shown_where_they_might_be_logged() -> None:
    said = Said("caller", 2.5, "I am Ada Lovelace.", heard=None)
    cut = Said("agent", 4.0, "Hello Ada, how are you?", heard="Hello Ada,")
    shown = repr(Ended(CALL, "caller", "hung_up", 12.5, (said, cut), {"barge_ins": 1}))
    assert "Ada" not in shown
    assert "5550" not in shown
    assert "c1" in shown
    assert "hung_up" in shown
