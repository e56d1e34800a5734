"""Who follows a floor or a call by its news knows it as who looks anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.flow.ended import Said
from bridge.service.floor.doing import Doing, What
from bridge.service.floor.live import Figures, LiveCall, LiveDetail
from bridge.service.floor.moments import Moment
from bridge.service.floor.news import Changes, followed, merged, news, told

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def live(call_id: str, began_s: float = 0, flow: str = "line") -> LiveCall:
    began_at = NOON + timedelta(seconds=began_s)
    doing = Doing(What.LISTENING, began_at)
    return LiveCall(
        call_id, flow, "+14255550142", "+18005550100", began_at, doing, None, 0, Figures()
    )


saids = st.lists(
    st.builds(Said, st.sampled_from(["caller", "agent"]), st.integers(0, 9), st.text(max_size=3)),
    max_size=5,
)


@st.composite
def details(draw: st.DrawFn) -> LiveDetail:
    """A call, the first moments of which may be kept no more."""
    forgotten, kept = draw(st.integers(0, 3)), draw(st.integers(0, 5))
    moments = tuple(
        Moment(forgotten + n, "tool", n, draw(st.none() | st.integers(0, 9))) for n in range(kept)
    )
    return LiveDetail(live("a"), tuple(draw(saids)), moments, forgotten, draw(st.booleans()))


def grown(one: LiveDetail, other: LiveDetail) -> LiveDetail:
    """A later state of the first: moments are forgotten from the beginning, and none else."""
    forgotten = one.forgotten + other.forgotten
    after = {moment.number: moment for moment in one.timeline}
    end = max(after, default=forgotten - 1) + 1
    after |= {
        max(end, forgotten) + n: replace(moment, number=max(end, forgotten) + n)
        for n, moment in enumerate(other.timeline)
    }
    kept = tuple(moment for n, moment in sorted(after.items()) if n >= forgotten)
    return replace(other, timeline=kept, forgotten=forgotten)


@given(details(), details())
def test_what_was_known_and_the_news_are_the_call_as_it_is(
    first: LiveDetail, then: LiveDetail
) -> None:
    after = grown(first, then)
    known = told(None, news(None, first))
    assert known == first
    assert told(known, news(known, after)) == after


def test_a_floor_is_followed_and_what_has_not_changed_stays_the_same_object() -> None:
    a, b, c = live("a"), live("b"), live("c")
    known = followed({}, Changes(NOON, (a, b)), is_first=True)
    changed = replace(b, flow="other")
    then = followed(known, Changes(NOON, (replace(a), changed), gone=()), is_first=False)
    assert then == {"a": a, "b": changed}
    assert then["a"] is a
    assert followed(then, Changes(NOON, (c,), gone=("a",)), is_first=False).keys() == {"b", "c"}
    anew = followed(then, Changes(NOON, (replace(a),)), is_first=True)
    assert anew.keys() == {"a"}, "what began a stream is all there is"
    assert anew["a"] is a


def test_a_call_that_two_have_is_listed_as_whoever_came_to_it_last_knows_it() -> None:
    answered, has_media = live("a", 0, "answered"), live("a", 1, "has the media")
    for boards in ([{"a": answered}, {"a": has_media}], [{"a": has_media}, {"a": answered}]):
        assert merged(*boards) == {"a": has_media}
