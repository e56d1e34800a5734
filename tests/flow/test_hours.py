"""A line is open when the clock on the wall says so, also in the nights when that clock is set."""

import os
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import FlowError, HangUp, Transfer
from bridge.flow.hours import Hours

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
KATHMANDU = "Asia/Kathmandu"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SWITCHES = {  # set at two or three, on Lord Howe Island by half an hour, in Santiago at midnight
    BERLIN: ("2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"),
    NEW_YORK: ("2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07"),
    LORD_HOWE: ("2026-04-05", "2026-10-04", "2027-04-04", "2027-10-03"),
    "America/Santiago": ("2026-04-05", "2026-09-06", "2027-04-04", "2027-09-05"),
}
SUNDAYS = [(zone, date.fromisoformat(day)) for zone, days in SWITCHES.items() for day in days]

Timetable = list[tuple[int, int]]
"""Spans in minutes since Monday's midnight, none of them overlapping."""


def line(zone: str = BERLIN, **more: Any) -> Hours:
    """Hours with what the case at hand says; else open on weekdays from eight to six."""
    week = {"mon-fri": "08:00-18:00"}
    return Hours(**{"zone": zone, "week": week, "closed": HangUp("We are closed."), **more})


def wall(text: str, zone: str = BERLIN) -> datetime:
    """A moment by the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def minutes(start: datetime, end: datetime) -> list[datetime]:
    """Every minute from `start` up to `end`, as they pass."""
    first = start.astimezone(UTC)
    return [first + n * MINUTE for n in range((end.astimezone(UTC) - first) // MINUTE)]


def changes(hours: Hours, day: str) -> str:
    """When the line opens (+) and closes (-) on a date, found minute by minute."""
    midnight = wall(day, hours.zone)
    return ", ".join(
        ("+" if hours.at(minute) else "-") + f"{minute.astimezone(midnight.tzinfo):%H:%M %Z}"
        for minute in minutes(midnight, midnight + DAY)
        if hours.at(minute) != hours.at(minute - MINUTE)
    )


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    """A week of spans, most of their edges in the night to Sunday."""
    night = st.integers(5 * 1_440 + 1_200, 6 * 1_440 + 300)
    edges = sorted(draw(st.sets(night | st.integers(0, 10_079), min_size=2, max_size=16)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [(start, end) for start, end in pairs if end - start < 1_440]


def written(timetable: Timetable) -> dict[str, str]:
    """The timetable as an author writes it."""
    week: dict[str, list[str]] = {}
    for span in timetable:
        text = "-".join(f"{edge % 1_440 // 60:02}:{edge % 60:02}" for edge in span)
        week.setdefault(WEEKDAYS[span[0] // 1_440], []).append(text)
    return {day: ", ".join(spans) for day, spans in week.items()}


def shows(timetable: Timetable, closed: date, at: datetime) -> bool:
    """Whether the line is open by what the clock shows, with nothing begun on one closed date."""
    minute, today = at.hour * 60 + at.minute, at.date()
    return any(
        start <= day.weekday() * 1_440 + shown < end
        for day, shown in ((today, minute), (today - DAY, minute + 1_440))
        for start, end in timetable
        if start // 1_440 == day.weekday() and day != closed
    )


@settings(max_examples=60, deadline=None)
@given(timetables(), st.sampled_from([*SUNDAYS, (KATHMANDU, date(2026, 3, 29))]), st.data())
def test_a_line_is_open_while_the_clock_on_the_wall_says_so(
    timetable: Timetable, weekend: tuple[str, date], data: st.DataObject
) -> None:
    zone, sunday = weekend
    start, end = wall(f"{sunday - DAY} 18:00", zone), wall(f"{sunday} 09:00", zone)
    assert (start.utcoffset() != end.utcoffset()) is (zone != KATHMANDU)
    closed = sunday + data.draw(st.integers(-2, 2)) * DAY
    hours = line(zone, week=written(timetable), special={str(closed): "closed"})
    passing = minutes(start, end)
    opened = [shows(timetable, closed, minute.astimezone(ZoneInfo(zone))) for minute in passing]
    assert [hours.at(minute) for minute in passing] == opened

    now = data.draw(st.integers(0, len(passing) - 1))
    moment = passing[now] + timedelta(seconds=data.draw(st.integers(0, 59)))
    later = [n for n in range(now + 1, len(passing)) if opened[n] != opened[n - 1]]
    for opens, found in ((True, hours.opens_after(moment)), (False, hours.closes_after(moment))):
        expected = next((passing[n] for n in later if opened[n] is opens), None)
        if expected or (found and found <= passing[-1]):
            assert found
            assert found.astimezone(UTC) == expected


@pytest.mark.parametrize(
    ("zone", "sunday", "text", "expected"),
    [
        (BERLIN, "03-29", "01:30-03:30", "+01:30 CET, -03:30 CEST"),
        (BERLIN, "03-29", "02:00-03:00", ""),
        (BERLIN, "03-29", "02:30-03:30", "+03:00 CEST, -03:30 CEST"),
        (BERLIN, "03-29", "01:00-02:30", "+01:00 CET, -03:00 CEST"),
        (BERLIN, "10-25", "01:30-03:30", "+01:30 CEST, -03:30 CET"),
        (BERLIN, "10-25", "02:00-03:00", "+02:00 CEST, -03:00 CET"),
        (BERLIN, "10-25", "02:15-02:30", "+02:15 CEST, -02:30 CEST, +02:15 CET, -02:30 CET"),
        (NEW_YORK, "11-01", "00:30-02:00", "+00:30 EDT, -02:00 EST"),
        (LORD_HOWE, "04-05", "01:45-02:15", "+01:45 +11, -01:30 +1030, +01:45 +1030, -02:15 +1030"),
        (LORD_HOWE, "10-04", "02:10-03:00", "+02:30 +11, -03:00 +11"),
        (KATHMANDU, "03-29", "08:00-09:00", "+08:00 +0545, -09:00 +0545"),
    ],
)
def test_in_the_night_when_the_clock_is_set_its_face_decides(
    zone: str, sunday: str, text: str, expected: str
) -> None:
    assert changes(line(zone, week={"sun": text}), f"2026-{sunday}") == expected


def test_the_next_opening_is_told_by_the_clock_of_the_line() -> None:
    spring = line(week={"sun": "02:30-03:30"}).opens_after(datetime(2026, 3, 28, 12, tzinfo=UTC))
    autumn = line(week={"sun": "02:15-02:30"}).opens_after(wall("2026-10-25 02:20"))
    assert str(spring) == "2026-03-29 03:00:00+02:00"
    assert str(autumn) == "2026-10-25 02:15:00+01:00"


def test_a_time_that_the_clock_skips_is_not_taken_at_its_word() -> None:
    assert not line(week={"sun": "02:00-03:00"}).at(wall("2026-03-29 02:30"))


def test_hours_include_their_first_moment_but_not_their_last() -> None:
    for is_open in (wall("2026-07-01 08:00"), wall("2026-07-01 17:59:59.999999")):
        assert line().at(is_open)
    for is_closed in (wall("2026-07-01 07:59:59.999999"), wall("2026-07-01 18:00")):
        assert not line().at(is_closed)


def test_a_moment_may_be_told_in_any_time_zone() -> None:
    assert line().at(wall("2026-07-01 11:59", NEW_YORK))
    assert not line().at(wall("2026-07-01 12:00", NEW_YORK))


def test_a_moment_without_a_time_zone_is_refused() -> None:
    for ask in (line().at, line().opens_after, line().closes_after, line().why_closed):
        with pytest.raises(ValueError, match="needs a time zone"):
            ask(datetime(2026, 7, 1, 12))  # noqa: DTZ001 - that is the point


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    hours = line(week={"sun, mon": "22:00-02:00"}, special={"2026-07-06": "closed"})
    assert changes(hours, "2026-07-06") == "-02:00 CEST"
    assert changes(hours, "2026-07-07") == ""


def test_hours_that_touch_are_one() -> None:
    hours = line(week={"mon, wed": "12:00-24:00,8:00-12:00", "tue": " 0:00 - 24:00", "thu": "24h"})
    assert hours.closes_after(wall("2026-07-07 12:00")) == wall("2026-07-08 00:00")
    assert hours.closes_after(wall("2026-07-08 08:00")) == wall("2026-07-10 00:00")


def test_the_next_opening_is_sought_for_a_year() -> None:
    hours = line(week={}, special={"2027-07-01": "10:00-11:00"})
    assert hours.opens_after(wall("2026-07-01 10:00")) == wall("2027-07-01 10:00")
    assert hours.opens_after(wall("2026-06-01 10:00")) is None
    assert line(week={"sat-fri": "24h"}).closes_after(wall("2026-07-01 10:00")) is None


def test_all_saints_day_is_a_holiday_in_bavaria_and_none_in_berlin() -> None:
    week, noon = {"mon-sun": "08:00-18:00"}, wall("2026-11-01 12:00")
    bavaria, berlin = (line(week=week, holidays=code) for code in ("DE-BY", "DE-BE"))
    assert (bavaria.at(noon), bavaria.why_closed(noon)) == (False, "holiday")
    assert (berlin.at(noon), berlin.why_closed(noon), berlin.holiday(noon)) == (True, None, None)


def test_a_holiday_lasts_from_midnight_to_midnight_of_the_line() -> None:
    hours = line(NEW_YORK, week={"mon-sun": "24h"}, holidays="US")
    eve = wall("2026-12-24 12:00", NEW_YORK)
    assert hours.closes_after(eve) == wall("2026-12-25", NEW_YORK)
    assert hours.opens_after(eve) == wall("2026-12-26", NEW_YORK)


def test_a_holiday_is_named_in_its_country_s_language_wherever_the_service_runs() -> None:
    hours = "Hours(zone='Europe/Berlin', week={}, closed='night', holidays='DE-BY')"
    ask = f"{hours}.holiday(datetime(2026, 11, 1, 12, tzinfo=UTC))"
    script = f"from datetime import *; from bridge.flow.hours import Hours; print({ask})"
    environment = {**os.environ, "LANGUAGE": "en_US"}
    said = subprocess.check_output((sys.executable, "-c", script), env=environment)  # noqa: S603 - ours
    assert said == b"Allerheiligen\n"


def test_special_dates_win_over_holidays_and_these_over_the_week() -> None:
    special = {"2026-12-24": "08:00-12:00", "2026-12-25": "10:00-12:00"}
    hours = line(holidays="DE", special=special)
    for day, why in (("23", None), ("24", "special"), ("25", "special"), ("26", "holiday")):
        assert hours.why_closed(wall(f"2026-12-{day} 12:00")) == why
    assert hours.at(wall("2026-12-25 11:00"))
    assert hours.why_closed(wall("2026-12-27 12:00")) == "outside"


@pytest.mark.parametrize(
    ("closed", "redirects", "words"),
    [
        (HangUp(), None, "hang up"),
        (HangUp("Bye."), None, 'say "Bye.", then hang up'),
        (Transfer("+18005550199"), "+18005550199", "transfer to +18005550199"),
        (Transfer("+18005550199", "Hold."), None, 'say "Hold.", then transfer to +18005550199'),
        ("night_line", None, "night_line answers"),
    ],
)
def test_only_a_silent_transfer_redirects(closed: Any, redirects: str | None, words: str) -> None:
    hours = line(week={}, closed=closed)
    assert hours.redirects == redirects
    assert hours.in_words() == f"never open, Europe/Berlin; closed: {words}"


def test_hours_are_told_in_one_line() -> None:
    week = {"mon-thu": "08:00-18:00", "fri": "08:00-12:00, 13:00-16:00", "sat, sun": "24h"}
    special = {"2026-12-31": "closed", "2026-12-24": "08:00-12:00"}
    assert line(week=week, holidays="DE-BY", special=special, closed="night").in_words() == (
        "Mon-Thu 08:00-18:00, Fri 08:00-12:00 and 13:00-16:00, Sat and Sun 24h, Europe/Berlin, "
        "holidays of DE-BY, 2026-12-24 08:00-12:00, 2026-12-31 closed; closed: night answers"
    )


def test_hours_that_mean_the_same_are_equal() -> None:
    hours, same = line(), line(week={"MON-wed, fri": "8:00-18:00", "thu": "08:00-18:00"})
    assert (hours, hash(hours)) == (same, hash(same))
    for other in ({"zone": NEW_YORK}, {"holidays": "DE"}, {"special": {"2026-12-24": "24h"}}):
        assert hours != line(**other)


def test_hours_stay_as_they_were_made() -> None:
    week = {"mon": "24h"}
    hours = line(week=week)
    week["tue"] = "24h"
    assert hours.week == {"mon": "24h"}
    with pytest.raises(TypeError):
        hours.week["wed"] = "24h"  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        hours.zone = NEW_YORK  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"zone": "Berlin"}, "zone='Berlin') needs an IANA time zone, like 'Europe/Berlin'."),
        ({"zone": "NewYork"}, "needs an IANA time zone, like 'America/New_York'."),
        ({"zone": "MEZ"}, "needs an IANA time zone, like 'Europe/Berlin'."),
        ({"zone": "Europe"}, "needs an IANA time zone, like 'Europe/Berlin'."),
        ({"zone": "../x"}, "needs an IANA time zone, like 'Europe/Berlin'."),
        ({"week": "24h"}, "Hours(week='24h') needs a dict of days and their hours."),
        ({"special": ["x"]}, "Hours(special=['x']) needs a dict of days and their hours."),
        ({"week": {"mon, die": "24h"}}, "does not know the day 'die'; use mon, tue, wed, thu, "),
        ({"week": {"mon-": "24h"}}, "the day 'mon-'; use mon, tue, wed, thu, fri, sat, sun, or a"),
        ({"week": {"mon-fri": "24h", "thu": "24h"}}, "names thu twice; leave it out of 'thu'."),
        ({"week": {"mon": "8-18"}}, "like '08:00-12:00, 13:00-18:00', '24h' or 'closed', and"),
        ({"week": {"mon": "08:00-24:01"}}, "and 'mon': '08:00-24:01' is none of them."),
        ({"week": {"mon": "24:00-02:00"}}, "and 'mon': '24:00-02:00' is none of them."),
        ({"week": {"mon": "08:00-8:00"}}, "and 'mon': '08:00-8:00' is none of them."),
        ({"week": {"mon": None}}, "and 'mon': 'None' is none of them."),
        ({"special": {"2026-12-24": ""}}, "and '2026-12-24': '' is none of them."),
        ({"week": {"mon": "3:00-6:00, 1:00-3:01"}}, "overlap; make one span of them."),
        ({"week": {"mon": "22:00-8:01", "tue": "8:00-9:00"}}, "mon overlap those of tue; end them"),
        ({"week": {"sun": "22:00-2:00", "mon": "24h"}}, "of sun overlap those of mon; end them"),
        ({"special": {"24.12.2026": "24h"}}, "date '24.12.2026'; write it like '2026-12-24'."),
        ({"special": {"2026-02-29": "24h"}}, "date '2026-02-29'; write it like '2026-12-24'."),
        ({"holidays": "Bavaria"}, "like 'DE', or a subdivision of one, like 'DE-BY'."),
        ({"holidays": "GB-LND"}, "is not known; choose GB, GB-ENG, GB-NIR, GB-SCT, GB-WLS."),
        ({"holidays": "MC-MC"}, "Hours(holidays='MC-MC') is not known; choose MC."),
        ({"holidays": "US-ZZ"}, " more."),
        (
            {"closed": "We are closed."},
            "needs HangUp(say=...), Transfer(...), Voicemail(...), or a call ",
        ),
        (
            {"closed": None},
            "Hours(closed=None) needs HangUp(say=...), Transfer(...), Voicemail(...), or a",
        ),
        ({"closed": HangUp(after_ms=500)}, "happens at once; leave after_ms out."),
    ],
)
def test_wrong_hours_are_refused_with_the_remedy(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlowError) as refused:
        line(**wrong)
    assert sentence in str(refused.value)
