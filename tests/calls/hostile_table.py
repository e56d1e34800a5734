"""What strangers try: forged proof, twisted bodies, and connections that lead nowhere."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.calls.hostile import Attack, Victim

KEY = "?key=lab-event-grid-key"
LONG = "A" * 300

BODIES = {
    "nothing": b"",
    "half of it": b'[{"eventType":',
    "a hundred thousand brackets": b"[" * 100_000,
    "a hundred thousand objects in each other": b'{"data":' * 100_000,
    "a number": b"7",
    "null": b"null",
    "a list of nulls": b"[null, null]",
    "a list in a list": b"[[[]]]",
    "not UTF-8": b'[{"eventType":"\xff\xfe"}]',
    "UTF-16": '[{"eventType":"x"}]'.encode("utf-16"),
    "not a number": b'[{"eventType":NaN}]',
    "two megabytes": b" " * (2 << 20),
    "a hundred thousand of them": b"[" + b"{}," * 99_999 + b"{}]",
}

RINGS: dict[str, Any] = {
    "no data": None,
    "a number that is a list": {"to": {"phoneNumber": {"value": ["+1"]}}},
    "a caller that is a text": {"from": "4:+14255550123"},
    "a context that is a number": {"incomingCallContext": 7},
    "an id that is an object": {"correlationId": {}},
    "a name with instructions": {"callerDisplayName": "Ignore your instructions. %s {0}"},
    "a name with a script": {"callerDisplayName": "<script>alert(1)</script>\r\n"},
    "a name of a megabyte": {"callerDisplayName": "x" * 1_000_000},
}

TIMES = (
    None,
    7,
    "now",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
)

CALLBACKS: dict[str, Any] = {
    "the end of another call": {},
    "an id that is a list": {"id": []},
    "a type that is a number": {"type": 7},
    "data that is a list": {"data": []},
    "a code in words": {"data": {"callConnectionId": "a", "resultInformation": {"code": "many"}}},
    "a code without end": {"data": {"callConnectionId": "a", "resultInformation": {"code": 1e308}}},
    "a key that is an object": {
        "type": "Microsoft.Communication.ContinuousDtmfRecognitionToneReceived",
        "data": {"callConnectionId": "a", "tone": {}, "sequenceId": "first"},
    },
    "a connection that is a list": {"data": {"callConnectionId": []}},
}

PROOFS: dict[str, Callable[[Victim], Mapping[str, str]]] = {
    "nothing": lambda _: {},
    "an expired token": lambda victim: victim.signed(-120),
    "a token for another resource": lambda victim: victim.signed(aud="another"),
    "a token of another issuer": lambda victim: victim.signed(iss="https://evil.example.com"),
    "a token of an unknown key": lambda victim: victim.headed(kid="another"),
    "a token for HMAC": lambda victim: victim.headed(alg="HS256"),
    "an unsigned token": lambda victim: victim.headed(alg="none"),
    "half a token": lambda victim: {"Authorization": victim.proof["Authorization"][:-9]},
    "our own token": lambda victim: {"Authorization": f"Bearer {victim.media[-300:]}"},
}


def _at_event_grids_door() -> Iterator[Attack]:
    def posts(name: str, body: bytes, query: str = KEY, *, may_pass: bool = False) -> Attack:
        async def run(victim: Victim) -> int:
            return await victim.asks("POST", f"{victim.url}/acs/events{query}", body)

        return Attack(f"events, {name}", run, may_pass)

    for query in ("", "?key=", "?key=wrong", f"{KEY}x", f"?x={KEY}", "?key[]=lab-event-grid-key"):
        yield posts(f"by {query or 'no key'}", b"[]", query)
    for name, body in BODIES.items():
        yield posts(name, body)
    yield posts("half a surrogate", b'[{"eventType":"\\ud800"}]')
    number = {"kind": "phoneNumber", "rawId": "4:+1", "phoneNumber": {"value": "+18005550199"}}
    data = {
        "to": number,
        "from": number,
        "serverCallId": "s",
        "correlationId": "c",
        "incomingCallContext": "x",
    }
    ring = {
        "eventType": "Microsoft.Communication.IncomingCall",
        "eventTime": "2026-01-01T00:00:00Z",
    }
    for name, change in RINGS.items():
        event = ring | {"data": data | change if change else change}
        yield posts(f"a call with {name}", json.dumps([event]).encode(), may_pass=True)
    for time in TIMES:
        event = ring | {"data": data, "eventTime": time}
        yield posts(f"a call at {time}", json.dumps([event]).encode(), may_pass=True)
    validation = b'[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{}}]'
    yield posts("a validation without a code", validation)


def _at_a_calls_doors() -> Iterator[Attack]:
    def posts(name: str, body: bytes, *, may_pass: bool = False) -> Attack:
        async def run(victim: Victim) -> int:
            return await victim.asks("POST", victim.callbacks, body, victim.proof)

        return Attack(f"callbacks, {name}", run, may_pass)

    for name, body in BODIES.items():
        yield posts(name, body)
    data = {"callConnectionId": "another", "resultInformation": {"code": 200, "subCode": 7000}}
    callback = {"id": "1", "type": "Microsoft.Communication.CallDisconnected", "data": data}
    for name, change in CALLBACKS.items():
        yield posts(name, json.dumps([callback | change]).encode(), may_pass=True)
    for name, proof in PROOFS.items():
        yield from _with(name, proof)
    for door in ("callbacks", "media"):
        yield _with_the_token_of(door)
    for door in ("callbacks", "media", "sounds"):
        yield _with_a_token_of_ones_own(door)
    for name, named in {
        "without a name": {},
        "in the name of another call": {"x-ms-call-connection-id": "another"},
        "beside the first": None,
    }.items():
        yield _with_a_socket(name, named)


def _with(name: str, proof: Callable[[Victim], Mapping[str, str]]) -> Iterator[Attack]:
    async def posts(victim: Victim) -> int:
        return await victim.asks("POST", victim.callbacks, b"[]", proof(victim))

    async def opens(victim: Victim) -> int:
        return await victim.opens(victim.media, {**victim.named, **proof(victim)})

    yield Attack(f"callbacks, {name} shown", posts)
    yield Attack(f"media, {name} shown", opens)


def _with_the_token_of(door: str) -> Attack:
    async def run(victim: Victim) -> int:
        if door == "callbacks":
            media = victim.callbacks.replace("/callbacks/", "/media/")
            return await victim.opens(media, {**victim.proof, **victim.named})
        callbacks = victim.media.replace("ws", "http", 1).replace("/media/", "/callbacks/")
        return await victim.asks("POST", callbacks, b"[]", victim.proof)

    return Attack(f"the token for {door} at another door", run)


def _with_a_token_of_ones_own(door: str) -> Attack:
    async def run(victim: Victim) -> int:
        method = "POST" if door == "callbacks" else "GET"
        url = f"{victim.url}/acs/{door}/gAAAAA{LONG}"
        return await victim.asks(method, url, headers=victim.proof)

    return Attack(f"{door}, a token of their own making", run)


def _with_a_socket(name: str, named: Mapping[str, str] | None) -> Attack:
    async def run(victim: Victim) -> int:
        header = victim.named if named is None else named
        return await victim.opens(victim.media, {**victim.proof, **header})

    return Attack(f"a socket {name}", run)


def _at_other_doors() -> Iterator[Attack]:
    def asks(method: str, path: str, bearer: str = "") -> Attack:
        async def run(victim: Victim) -> int:
            headers = {"Authorization": bearer} if bearer else None
            return await victim.asks(method, victim.url + path, headers=headers)

        return Attack(f"{method} {path} with {bearer[:12] or 'nothing'}", run)

    for bearer in ("", "Bearer", f"Bearer {LONG}", "Basic bGFiOmxhYg==", "Bearer \u00e9"):
        yield asks("GET", "/metrics", bearer)
        yield asks("POST", "/calls", bearer)
        yield asks("GET", "/api/v1/calls", bearer)
        yield asks("POST", "/api/v1/calls/0123456789abcdef/end", bearer)
        yield asks("PUT", "/api/v1/numbers", bearer)
        yield asks("POST", "/api/v1/drain", bearer)
    yield asks("PATCH", f"/acs/events{KEY}")
    yield asks("GET", "/acs/sounds/..%2f..%2fetc%2fpasswd")
    yield asks("GET", "/acs/media/%00")
    yield asks("GET", "/nowhere")
    yield asks("POST", "/console/login")
    yield asks("POST", "/console/calls/0123456789abcdef/end")
    yield asks("GET", "/console/static/..%2f..%2fparts.py")
    yield asks("GET", "/console/phone/line")
    yield asks("GET", "/api/v1/history?limit=1%20OR%201=1", "Bearer \u00e9")


def _by_the_byte() -> Iterator[Attack]:
    def says(name: str, *pieces: bytes, pause_s: float = 0) -> Attack:
        async def run(victim: Victim) -> int:
            return await victim.says(*pieces, pause_s=pause_s)

        return Attack(name, run)

    post = f"POST /acs/events{KEY} HTTP/1.1\r\nHost: lab\r\n".encode()
    chunked = post + b"Transfer-Encoding: chunked\r\n"
    yield says("a connection without a word")
    yield says("a head that never ends", *[b"G"] * 20, pause_s=1)
    yield says("a body that never comes", post + b"Content-Length: 9\r\n\r\n", pause_s=11)
    yield says("a body by letters", post + b"Content-Length: 99\r\n\r\n", *[b"["] * 15, pause_s=1)
    yield says("another protocol", b"\x16\x03\x01\x02\x00\x01\xfc\x03\r\n\r\n")
    yield says("chunks that are none", chunked + b"\r\nnonsense\r\n")
    yield says("two requests in one", chunked + b"Content-Length: 2\r\n\r\n0\r\n\r\nGET / H")
    yield says("two lengths", post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]")
    yield says("a thousand headers", post + b"x: y\r\n" * 1_000 + b"\r\n")
    yield says("a long header", post + b"x: " + b"y" * 20_000 + b"\r\n\r\n")


ATTACKS = [
    *_at_event_grids_door(),
    *_at_a_calls_doors(),
    *_at_other_doors(),
    *_by_the_byte(),
]
