"""What was found, for people and for machines."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.doctor.finding import Finding, Verdict

_STYLES = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.PROBLEM: "bold red",
    Verdict.SKIPPED: "dim",
}


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing is a problem."""
    return all(each.verdict is not Verdict.PROBLEM for each in findings)


def tell(findings: Iterable[Finding], console: Console) -> None:
    """Print a line for each finding, below it what mends it, and at the end how many there are."""
    table = Table.grid("", "", padding=(0, 1))
    counts: Counter[Verdict] = Counter()
    for each in findings:
        counts[each.verdict] += 1
        says = Text(f"{each.name}: {each.says}")
        table.add_row(Text(each.verdict, _STYLES[each.verdict]), says)
        if each.remedy:
            table.add_row("", Text(f"> {each.remedy}"))
    console.print(table)
    console.print(", ".join(f"{counts[each]} {each}" for each in Verdict), style="bold")


def as_json(findings: Iterable[Finding]) -> str:
    """One object, for machines."""
    findings = list(findings)
    told = {"well": is_well(findings), "findings": [asdict(each) for each in findings]}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
