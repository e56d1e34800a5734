"""Whether this machine has the right time: tokens and signatures are good for minutes."""

from collections.abc import Iterable

from bridge.doctor.finding import Finding, ok, problem, skipped, warning
from bridge.doctor.hosts import Reached
from bridge.service.bearer import LEEWAY_S

_DOUBTFUL_S = 30

_REMEDY = "Have this machine's clock set from the network: chrony, or systemd-timesyncd."


def check_clock(reached: Iterable[Reached]) -> Finding:
    """Compare with whoever is furthest from this machine's time."""
    told = [(each.ahead_s, each.host.address[0]) for each in reached if each.ahead_s is not None]
    if not told:
        return skipped("clock", "nobody was reached who says what time it is.")
    ahead_s, host = max(told, key=lambda each: abs(each[0]))
    way = "ahead of" if ahead_s > 0 else "behind"
    says = f"{abs(ahead_s):.0f} s {way} that of {host}"
    if abs(ahead_s) > LEEWAY_S:
        return problem("clock", f"{says}: tokens and signatures are refused.", _REMEDY)
    if abs(ahead_s) > _DOUBTFUL_S:
        return warning("clock", f"{says}; at {LEEWAY_S} s, tokens are refused.", _REMEDY)
    return ok("clock", f"within {_DOUBTFUL_S} s of that of {host}.")
