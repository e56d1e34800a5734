"""Have the lab call the bridge and ask for an order; exit status 1 if the answer is not heard.

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
BEGINS_S = 20
"""By then it has begun to have them spoken, or has them already."""


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
    seen, quiet, since = False, 0, time.monotonic()
    while quiet < QUIET_S or not (seen or time.monotonic() - since > BEGINS_S):
        time.sleep(1)
        speaks = bool(lab("GET", "/health")["sessions"])
        seen, quiet = seen or speaks, 0 if speaks else quiet + 1


def hear(text: str) -> None:
    """Until the agent has said it; a gap in the sound, as on a busy machine, is let pass."""
    since = time.monotonic()
    while time.monotonic() - since < LONGEST_S:
        call = lab("GET", "/calls/latest")
        if any(text in line["text"] for line in call["heard"]):
            sys.stdout.write(f"{call['now_ms'] / 1000:5.1f} s  heard: {text}\n")
            return
        time.sleep(0.5)
    raise TimeoutError(
        f"{text!r} was not heard; instead {[line['text'] for line in call['heard']]}"
    )


def main() -> int:
    """Place the call."""
    try:
        wait_for_clips()
        key = os.environ.get("EVENTGRID_KEY", "")
        lab("PUT", "/subscription", {"url": f"{BRIDGE}/acs/events?key={key}"})
        lab("POST", "/calls", {"number": NUMBER, "caller": "+14255550123"})
        hear("How can I help?")
        question = "Where is order four two seven one?"
        lab("POST", "/calls/latest/say", {"text": question, "when": "quiet"})
        hear("on its way")
        lab("POST", "/calls/latest/hang-up")
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"{error.url}: {error.code} {error.read().decode()}\n")
        return 1
    except TimeoutError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
