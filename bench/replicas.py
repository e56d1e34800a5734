"""What the replicas of a bridge say of themselves, in `/metrics`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


class Unread(Exception):
    """A replica does not show its figures; the message says what mends it."""


@dataclass(frozen=True)
class Replica:
    """One process, over a while."""

    url: str
    calls: int
    """In progress at the end."""
    core: float | None
    """Share of a core that it used; None where two have answered in turn, or it does not know."""
    rss_kib: float | None
    """Resident memory at the end."""
    late_ms: float
    """How late its event loop got to what was due in the last five seconds."""


@dataclass(frozen=True)
class Reading:
    """What a replica said at one moment, summed over labels."""

    url: str
    at_s: float
    said: Counter[str]


async def figures(
    http: aiohttp.ClientSession, url: str, headers: Mapping[str, str] = MappingProxyType({})
) -> list[Sample]:
    """What the `/metrics` of a bridge say; `ClientError` where it does not say it."""
    async with http.get(f"{url}/metrics", headers=headers, raise_for_status=True) as response:
        families = text_string_to_metric_families(await response.text())
    return [sample for family in families for sample in family.samples]


async def read(http: aiohttp.ClientSession, urls: Sequence[str], key: str) -> list[Reading]:
    """Ask each.

    Raises:
        Unread: one of them does not tell.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    readings = []
    for url in urls:
        said: Counter[str] = Counter()
        try:
            for sample in await figures(http, url, headers):
                said[sample.name] += sample.value  # type: ignore[assignment] # a sum of floats
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise Unread(
                f"No figures of the bridge itself, as {url}/metrics cannot be read ({problem}): "
                "set INTERLUDE_READ_KEY here as the bridge has it, or --replica where the proxy "
                "does not pass /metrics on."
            ) from problem
        readings.append(Reading(url, monotonic(), said))
    return readings


def between(before: Reading, after: Reading) -> Replica:
    """What a replica was at."""
    was, is_now = before.said, after.said
    is_one = was["process_start_time_seconds"] == is_now["process_start_time_seconds"] != 0
    used_s = is_now["process_cpu_seconds_total"] - was["process_cpu_seconds_total"]
    return Replica(
        url=after.url,
        calls=round(is_now["interlude_calls_in_progress"]),
        core=used_s / (after.at_s - before.at_s) if is_one else None,
        rss_kib=is_now["process_resident_memory_bytes"] / 1024 or None,
        late_ms=is_now["interlude_process_lateness_seconds"] * 1000,
    )
