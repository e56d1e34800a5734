"""What 1,000 calls take, and cost at the prices of costs.toml: python3 deploy/costs.py [FILE]."""
# ruff: noqa: INP001 - a script beside its file

import sys
import tomllib
from pathlib import Path
from typing import Any

CALLS = 1_000
AUDIO_IN_A_S, AUDIO_OUT_A_S = 10, 20
"""Tokens that Voice Live counts for a second of speech, about; read off recorded usage."""
EGRESS_MB_A_MINUTE = 8.2
"""At 24 kHz on both sides: 0.58 Mbit/s to ACS, 64 kB/s to Voice Live, computed."""
LOG_KB = 8
"""Lines of a call; one of a single turn with a tool left 4.3 in the lab."""


def quantities(calls: dict[str, float]) -> dict[str, float]:
    """What 1,000 calls take, in the units of the prices."""
    minutes = calls["minutes"] * CALLS
    seconds, turns = minutes * 60, calls["turns"] * CALLS
    replica_seconds = seconds / calls["at_once"]
    return {
        "phone_minute": minutes,
        "stream_minute": minutes,
        "audio_in_1m_tokens": seconds * calls["caller_share"] * AUDIO_IN_A_S / 1e6,
        "audio_out_1m_tokens": seconds * calls["agent_share"] * AUDIO_OUT_A_S / 1e6,
        "text_in_1m_tokens": turns * calls["prompt_tokens"] / 1e6,
        "text_out_1m_tokens": turns * calls["text_tokens"] / 1e6,
        "vcpu_second": replica_seconds,
        "gib_second": 2 * replica_seconds,
        "log_gb": LOG_KB * CALLS / 1e6,
        "event_1m": CALLS / 1e6,
        "egress_gb": minutes * EGRESS_MB_A_MINUTE / 1000,
    }


def table(assumed: dict[str, Any]) -> str:
    """Markdown: what is taken, its price, and what that comes to."""
    lines = ["| for 1,000 calls | quantity | price, $ | comes to, $ |", "|---|---|---|---|"]
    total = 0.0
    for unit, quantity in quantities(assumed["calls"]).items():
        price = assumed["per_unit"][unit]
        total += quantity * price
        sum_ = f"{quantity * price:.2f}" if price else "?"
        lines.append(f"| {unit} | {quantity:,.4g} | {price or 'look it up'} | {sum_} |")
    for name, price in assumed["per_month"].items():
        share = CALLS / assumed["calls"]["month"]
        total += share * price
        sum_ = f"{share * price:.2f}" if price else "?"
        lines.append(f"| {name}, a month | {share:.3g} | {price or 'look it up'} | {sum_} |")
    lines.append(f"| **what was priced** | | | **{total:.2f}** |")
    return "\n".join(lines)


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_suffix(".toml")
    sys.stdout.write(table(tomllib.loads(file.read_text())) + "\n")
