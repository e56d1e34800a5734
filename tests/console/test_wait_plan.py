"""A wait on a time axis: what a caller hears, and when."""

from bridge import HangUp, LlmInterim, Play, Say, StaticInterim, Transfer
from bridge.console.wait_plan import MADE_UP, Piece, WaitPlan, plan_of, shortened

LENGTHS = {"One moment.": 1000, "Still looking.": 2000, "Goodbye.": 800, "hold.wav": 6000}


def length(what: str) -> float:
    return LENGTHS.get(what, 1500)


def spans(pieces: tuple[Piece, ...]) -> list[tuple[str, float, float]]:
    return [(each.what, each.from_ms, each.to_ms) for each in pieces]


def test_the_first_line_comes_at_the_threshold_and_each_step_at_its_time() -> None:
    interim = StaticInterim(
        texts=("One moment.", "A second."),
        latency_threshold_ms=500,
        then=(
            Say("Still looking.", after_ms=4_000),
            Play("hold.wav", after_ms=7_000),
            Say("I am on it.", after_ms=12_000, every_ms=3_000, times=2),
            Transfer("+18005550199", say="Goodbye.", after_ms=20_000),
        ),
    )
    plan = plan_of(interim, length)
    assert spans(plan.lines) == [
        ("One moment.", 500, 1500),
        ("Still looking.", 4000, 6000),
        ("I am on it.", 12000, 13500),
        ("I am on it.", 15000, 16500),
        ("Goodbye.", 20000, 20800),
    ]
    assert spans(plan.music) == [("hold.wav", 7000, 20000)], "it gives way to the goodbye"
    assert plan.silences() == [(0, 500), (1500, 4000), (6000, 7000)]
    assert (plan.lasts_ms, plan.gives_up_ms, plan.dead_ms) == (20800, 20000, 500)
    assert plan.gives_up == interim.then[-1]
    assert [each.number for each in plan.sounding] == [1, 2, 3, 4, 5, 6]
    assert plan_of(interim, length, first=1).lines[0].what == "A second."


def test_a_step_that_is_due_while_a_line_is_spoken_waits_for_its_end() -> None:
    interim = StaticInterim(
        texts=("One moment.",),
        latency_threshold_ms=1_000,
        then=(Say("Still looking.", after_ms=1_500), HangUp(after_ms=1_600)),
    )
    plan = plan_of(interim, length)
    assert spans(plan.lines) == [("One moment.", 1000, 2000), ("Still looking.", 2000, 4000)]
    assert plan.lasts_ms == 4000


def test_music_that_is_played_once_ends_and_a_second_takes_the_place_of_the_first() -> None:
    interim = StaticInterim(
        texts=("One moment.",),
        latency_threshold_ms=0,
        then=(Play("hold.wav", after_ms=2_000, times=1), Play("b.wav", after_ms=5_000)),
    )
    plan = plan_of(interim, length)
    assert spans(plan.music) == [("hold.wav", 2000, 5000), ("b.wav", 5000, 8000)]


def test_a_wait_that_nothing_covers_is_silence() -> None:
    plan = plan_of(None, length)
    assert plan.silences() == [(0, plan.lasts_ms)]
    assert plan.dead_ms == plan.lasts_ms


def test_what_the_model_makes_up_has_a_place_and_no_words() -> None:
    plan = plan_of(LlmInterim(latency_threshold_ms="adaptive"), length)
    assert spans(plan.lines) == [(MADE_UP, 800, 2300)]
    otherwise = LlmInterim(texts=("Said where it cannot.",), latency_threshold_ms=800)
    assert plan_of(otherwise, length).lines[0].is_made_up


def test_shortened_the_words_last_as_long_and_pauses_at_most_a_second_and_a_half() -> None:
    plan = WaitPlan(
        (Piece(500, 1500, "a", 1), Piece(12_000, 13_000, "b", 3)),
        (Piece(7_000, 15_000, "hold.wav", 2),),
        16_000,
    )
    short = shortened(plan)
    assert spans(short.lines) == [("a", 500, 1500), ("b", 4500, 5500)]
    assert spans(short.music) == [("hold.wav", 3000, 7000)]
    assert short.lasts_ms == 8000
