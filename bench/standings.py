"""The table of how many calls each program carries."""

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.figures import medians
from bench.most import Level, Search

SUBJECT = "product"
"""The program that is divided by the others."""

_HEADS = "program|carries|fails at|product /|up|first|lead|core|load"
_LEGEND = """\
[b]carries[/b] the highest number of calls at which, both ways, 99 of 100 frames were less than \
20 ms late, without a gap and with nothing lost; [b]>=[/b] no number was too many, or the load had \
no time to spare at the next.
[b]fails at[/b] the lowest number at which that was not so; the truth is between both.
[b]product /[/b] calls that the product carries, over this program's. The relays convert nothing, \
so where rates or codings differ they do less than a bridge must.
[b]up[/b], [b]first[/b] at the number carried: a frame of ACS until its append is received, and \
the first delta of a response until its first frame, ms p50/p99/max; [b]lead[/b] the smallest \
lead of a frame over its turn, ms; [b]core[/b] used by the program, and by the load.
All figures are medians of windows. A number at which neighbours took the cores away is tried \
again while there is time; where both numbers are far apart, there was none left."""


def show(name: str, searches: Sequence[Search], console: Console) -> None:
    """Print what the searches found for one scenario."""
    subject = next((search for search in searches if search.program == SUBJECT), None)
    table = Table(title=name, title_justify="left")
    for head in _HEADS.split("|"):
        table.add_column(head, justify="left" if head == "program" else "right", no_wrap=True)
    for search in searches:
        table.add_row(
            search.program,
            _carried(search),
            str(search.worst.calls) if search.worst else "-",
            times(subject, search) if subject else "-",
            *_figures(search.best),
        )
    console.print(table)


def legend(console: Console) -> None:
    """Print what the columns mean."""
    console.print(_LEGEND)


def times(one: Search, other: Search) -> str:
    """How many times the calls of another program one carries, as far as is known."""
    if one is other or not other.calls or (one.is_open and other.is_open):
        return "-"
    sign = "≥ " if one.is_open else "≤ " if other.is_open else ""
    return f"{sign}{one.calls / other.calls:.2f}"


def _carried(search: Search) -> str:
    if not search.calls and search.is_open:
        return "-"
    return f"≥ {search.calls}" if search.is_open else str(search.calls)


def _figures(level: Level | None) -> list[str]:
    if level is None:
        return ["-"] * 5
    runs = level.windows
    leads_ms = [run.least_lead_ms for run in runs if run.least_lead_ms is not None]
    return [
        medians([run.up_ms for run in runs]),
        medians([run.first_ms for run in runs]),
        f"{median(leads_ms):.0f}" if leads_ms else "-",
        f"{median(run.core for run in runs):.0%}",
        f"{median(run.load_core for run in runs):.0%}",
    ]
