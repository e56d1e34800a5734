"""When a telephone line is open: the hours of a week, holidays, and dates that differ."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import count, pairwise
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from bridge.flow.errors import FlowError
from bridge.flow.manners import check_no_time
from bridge.flow.outcomes import HangUp, Transfer, Voicemail

Why = Literal["outside", "holiday", "special"]
"""Why a line is closed: outside its hours, on a holiday, or on a date that differs."""

Spans = tuple[tuple[timedelta, timedelta], ...]
"""From and to, on the wall clock, since midnight of the day they begin on; half-open."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _YEAR = timedelta(days=1), timedelta(days=366)
_TIME = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_SPAN = re.compile(rf"\s*({_TIME})\s*-\s*({_TIME}|24:00)\s*")


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When a line is open, and what a caller meets when it is not.

    The line is open while the wall clock in `zone` shows a time from the first of a span up to,
    not including, the second. So in a night when that clock is set, 02:00-03:00 may never come, or
    last two hours. "22:00-02:00" belongs to the day it begins on, whatever the next day is.

    Raises:
        FlowError: a zone, day, date, time or holidays that do not exist, or hours that overlap.
    """

    zone: str
    """IANA name of the line's time zone, `Europe/Berlin`."""
    week: Mapping[str, str] = field(compare=False)
    """`{"mon-thu": "08:00-18:00", "fri": "08:00-12:00, 13:00-16:00", "sat, sun": "24h"}`; the line
    is closed on days that are not named."""
    closed: HangUp | Transfer | Voicemail | str
    """What a caller meets: a goodbye, a transfer, or another call flow, by its module's name."""
    holidays: str | None = None
    """A country (ISO 3166-1, `DE`) or its subdivision (ISO 3166-2, `DE-BY`): closed on its public
    holidays. Those of some towns only, like 15 August in Bavaria, are not among them."""
    special: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Dates that differ from week and holidays: `{"2026-12-24": "08:00-12:00"}`, or `"closed"`."""
    _clock: ZoneInfo = field(init=False, repr=False, compare=False)
    _days: tuple[Spans, ...] = field(init=False, repr=False)
    _dates: Mapping[date, Spans] = field(init=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        for name in ("week", "special"):
            if not isinstance(given := getattr(self, name), Mapping):
                raise FlowError(f"Hours({name}={given!r}) needs a dict of days and their hours.")
            texts = {str(key): str(value) for key, value in given.items()}
            object.__setattr__(self, name, MappingProxyType(texts))
        object.__setattr__(self, "_clock", _zone(self.zone))
        object.__setattr__(self, "_days", _read_week(self.week))
        object.__setattr__(self, "_dates", dict(_read_dates(self.special)))
        _holidays(self.holidays)
        _check_closed(self.closed)

    def at(self, moment: datetime) -> bool:
        """Whether the line is open at `moment`, given in any time zone.

        Raises:
            ValueError: `moment` has no time zone.
        """
        wall = self._wall(moment)
        return any(start <= _time(wall) < end for start, end in self._spans_around(wall.date()))

    def why_closed(self, moment: datetime) -> Why | None:
        """Why the line is closed at `moment`, by the date in its zone; None when it is open."""
        if self.at(moment):
            return None
        if self._wall(moment).date() in self._dates:
            return "special"
        return "holiday" if self.holiday(moment) else "outside"

    def holiday(self, moment: datetime) -> str | None:
        """Name of the holiday at `moment`, in the country's own language."""
        return _holidays(self.holidays)(self._wall(moment).date())

    def opens_after(self, moment: datetime) -> datetime | None:
        """When the line next opens after `moment`, in its zone; None if not within a year."""
        return self._next(moment, opening=True)

    def closes_after(self, moment: datetime) -> datetime | None:
        """When the line next closes after `moment`, in its zone; None if not within a year."""
        return self._next(moment, opening=False)

    @property
    def redirects(self) -> str | None:
        """The number that takes the call unanswered, as nothing is said before; else None."""
        closed = self.closed
        return closed.to if isinstance(closed, Transfer) and closed.say is None else None

    def in_words(self) -> str:
        """One line that says it all."""
        week = [f"{names.title()} {text}" for names, text in self.week.items()] or ["never open"]
        holidays = [f"holidays of {self.holidays}"] if self.holidays else []
        dates = [f"{day} {text}" for day, text in sorted(self.special.items())]
        plan = (part.replace(",", " and") for part in (*week, self.zone, *holidays, *dates))
        return f"{', '.join(plan)}; closed: {self._closed_in_words()}"

    def _closed_in_words(self) -> str:
        if isinstance(self.closed, str):
            return f"{self.closed} answers"
        deed = f"transfer to {self.closed.to}" if isinstance(self.closed, Transfer) else "hang up"
        if isinstance(self.closed, Voicemail):
            deed = "record a message"
        return f'say "{self.closed.say}", then {deed}' if self.closed.say else deed

    def _wall(self, moment: datetime) -> datetime:
        if moment.utcoffset() is None:
            raise ValueError("The moment needs a time zone, as datetime.now(UTC) has.")
        return moment.astimezone(UTC).astimezone(self._clock)  # as 02:30 may not exist

    def _spans_on(self, day: date) -> Spans:
        if day in self._dates:
            return self._dates[day]
        return () if _holidays(self.holidays)(day) else self._days[day.weekday()]

    def _spans_around(self, day: date) -> Spans:
        """All spans that may reach into `day`, since its midnight: those of the day before, too."""
        before = self._spans_on(day - _DAY)
        return (*((start - _DAY, end - _DAY) for start, end in before), *self._spans_on(day))

    def _next(self, moment: datetime, *, opening: bool) -> datetime | None:
        was_open, now, last = self.at(moment), moment.astimezone(UTC), moment + _YEAR
        while (now := self._edge_after(now)) <= last:
            is_open = self.at(now)
            if is_open != was_open and is_open == opening:
                return self._wall(now)
            was_open = is_open
        return None

    def _edge_after(self, moment: datetime) -> datetime:
        """When the line may open or close next: a span's edge, midnight, or the clock being set."""
        wall = self._wall(moment)
        edges = {_DAY, *(edge for span in self._spans_around(wall.date()) for edge in span)}
        step = min(edge for edge in edges if edge > _time(wall)) - _time(wall)
        if self._wall(moment + step).utcoffset() == wall.utcoffset():
            return moment + step
        whole = moment.replace(second=0, microsecond=0)  # as clocks are set at whole minutes
        later = (whole + timedelta(minutes=n) for n in count(1))
        return next(then for then in later if self._wall(then).utcoffset() != wall.utcoffset())


def _time(wall: datetime) -> timedelta:
    return wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        cities = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones())}
        wanted = name.rpartition("/")[2].replace(" ", "_").title()
        near = get_close_matches(wanted, cities, n=1, cutoff=0.8)
        like = cities[near[0]] if near else "Europe/Berlin"
        raise FlowError(f"Hours(zone={name!r}) needs an IANA time zone, like {like!r}.") from error


def _read_week(week: Mapping[str, str]) -> tuple[Spans, ...]:
    days: dict[str, Spans] = {}
    for names, text in week.items():
        for day in _weekdays(names):
            if day in days:
                raise FlowError(f"Hours(week=...) names {day} twice; leave it out of {names!r}.")
            days[day] = _read(names, text)
    for day, following in pairwise((*_WEEKDAYS, "mon")):
        night, morning = days.get(day), days.get(following)
        if night and morning and night[-1][1] - _DAY > morning[0][0]:
            raise FlowError(f"The hours of {day} overlap those of {following}; end them earlier.")
    return tuple(days.get(day, ()) for day in _WEEKDAYS)


def _weekdays(names: str) -> Iterator[str]:
    """The days that `mon-thu` or `sat, sun` names; `fri-mon` runs on into the next week."""
    for name in names.casefold().split(","):
        ends = [end.strip() for end in name.split("-", 1)]
        if not {*ends} <= {*_WEEKDAYS}:
            use = f"use {', '.join(_WEEKDAYS)}, or a range like 'mon-fri'"
            raise FlowError(f"Hours(week=...) does not know the day {name.strip()!r}; {use}.")
        first, last = _WEEKDAYS.index(ends[0]), _WEEKDAYS.index(ends[-1])
        yield from (_WEEKDAYS[(first + n) % 7] for n in range((last - first) % 7 + 1))


def _read_dates(special: Mapping[str, str]) -> Iterator[tuple[date, Spans]]:
    for text, hours in special.items():
        try:
            yield date.fromisoformat(text), _read(text, hours)
        except ValueError as error:
            raise FlowError(f"Hours has a date {text!r}; write it like '2026-12-24'.") from error


def _read(key: str, text: str) -> Spans:
    """The spans of a day, in their order."""
    if text in ("closed", "24h"):
        return () if text == "closed" else ((timedelta(), _DAY),)
    spans = sorted(_span(f"{key!r}: {text!r}", part) for part in text.split(","))
    if any(start < end for (_, end), (start, _) in pairwise(spans)):
        raise FlowError(f"The hours of {key!r}: {text!r} overlap; make one span of them.")
    return tuple(spans)


def _span(day: str, text: str) -> tuple[timedelta, timedelta]:
    match = _SPAN.fullmatch(text)
    times = [time.split(":") for time in match.groups()] if match else []
    edges = [timedelta(hours=int(hour), minutes=int(minute)) for hour, minute in times]
    if not edges or edges[0] == edges[1]:
        like = "'08:00-12:00, 13:00-18:00', '24h' or 'closed'"
        raise FlowError(f"Hours needs times like {like}, and {day} is none of them.")
    start, end = edges
    return start, end if start < end else end + _DAY


@cache
def _holidays(code: str | None) -> Callable[[date], str | None]:
    """What names the holiday on a date in `DE-BY`, made once for all lines."""
    if code is None:
        return dict[date, str]().get
    import holidays  # noqa: PLC0415 - 85 ms, which a line without holidays need not take

    country, dash, part = code.partition("-")
    parts = holidays.list_supported_countries().get(country)
    if parts is None:
        like = "like 'DE', or a subdivision of one, like 'DE-BY'"
        raise FlowError(f"Hours(holidays={code!r}) needs a country of ISO 3166, {like}.")
    if dash and part not in parts:
        known = [country, *(f"{country}-{each}" for each in parts)]
        some = ", ".join(known[:20]) + (f" or {len(known) - 20} more" if known[20:] else "")
        raise FlowError(f"Hours(holidays={code!r}) is not known; choose {some}.")
    own = holidays.country_holidays(country, part or None).default_language
    # Without language=, names are in that of the process's environment.
    return holidays.country_holidays(country, part or None, language=own).get


def _check_closed(closed: HangUp | Transfer | Voicemail | str) -> None:
    if isinstance(closed, HangUp | Transfer):
        check_no_time("Hours(closed=...)", closed)
    elif not isinstance(closed, Voicemail) and not (
        isinstance(closed, str) and closed.isidentifier()
    ):
        use = "HangUp(say=...), Transfer(...), Voicemail(...), or a call flow's name, like 'night'"
        raise FlowError(f"Hours(closed={closed!r}) needs {use}.")
