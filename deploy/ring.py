"""Have the lab call the bridge, say two lines, and print what was heard; exit status 1 if nothing.

Runs where the lab is, with `EVENTGRID_KEY` as the bridge has it.
"""
# ruff: noqa: INP001 - a script beside its compose file

import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

LAB = os.environ.get("LAB_URL", "http://127.0.0.1:8184")
BRIDGE = os.environ.get("INTERLUDE_PUBLIC_URL", "http://127.0.0.1:8080")
NUMBER = os.environ.get("NUMBER", "+18005550100")
LONGEST_S = 60
"""For one request; the lab answers when the person has said or heard what they were to."""
QUIET_S = 3
"""Without a session of Voice Live, after which the bridge is taken to have its clips."""


def lab(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What the lab answers; it raises for all that cannot be done, with the lab's sentence."""
    request = urllib.request.Request(  # noqa: S310 - the lab's own address
        LAB + path, json.dumps(body or {}).encode() if method != "GET" else None, method=method
    )
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=LONGEST_S) as answer:  # noqa: S310
        return json.load(answer)


def wait_for_clips() -> None:
    """Until the bridge has had its clips spoken: the lab takes two who say the same for one."""
    quiet = 0
    while quiet < QUIET_S:
        time.sleep(1)
        quiet = 0 if lab("GET", "/health")["sessions"] else quiet + 1


def main() -> int:
    """Place the call."""
    try:
        wait_for_clips()
        key = os.environ.get("EVENTGRID_KEY", "")
        lab("PUT", "/subscription", {"url": f"{BRIDGE}/acs/events?key={key}"})
        lab("POST", "/calls", {"number": NUMBER, "caller": "+14255550123"})
        for step, text in (
            ("hear", "How can I help?"),
            ("say", "Where is order four two seven one?"),
            ("hear", "on its way"),
        ):
            answer = lab("POST", f"/calls/latest/{step}", {"text": text})
            sys.stdout.write(f"{answer['now_ms'] / 1000:5.1f} s  {step}: {text}\n")
        lab("POST", "/calls/latest/hang-up")
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"{error.url}: {error.code} {error.read().decode()}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
