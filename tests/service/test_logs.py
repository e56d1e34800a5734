"""What a log line shows, whoever writes it and whatever is in it."""

import asyncio
import logging
from typing import Any

import pytest
from aiohttp.http_exceptions import BadHttpMessage
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from bridge.lab.acs.shapes import incoming_call_context
from bridge.service.privacy import without_words
from bridge.service.settings import SettingsError, load_settings
from tests.logs import written_logs

log = get_logger("bridge.test")
NUMBER = "+18005550142"
WORDS = "My name is Zoe"
TEAMS = "8:orgid:11111111-2222-3333-4444-555555555566"


def shown(*, shows_personal: bool = False, **values: Any) -> dict[str, Any]:
    """What is left of the values of a line."""
    with written_logs(shows_personal=shows_personal) as written:
        log.info("happened", **values)
    (line,) = written.of("happened")
    return {key: line[key] for key in values}


def test_a_line_is_one_json_object_with_level_time_and_logger() -> None:
    with written_logs() as written, bound_contextvars(call_id="c0ffee"):
        log.warning("happened", took_ms=3)
    (line,) = written.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "happened",
        "level": "warning",
        "logger": "bridge.test",
        "call_id": "c0ffee",
        "took_ms": 3,
    }


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        (NUMBER, "…42"),
        (TEAMS, "…66"),
        ("8:acs:3d20e1de-0f28_00000021-7a1f", "…1f"),
        ("anonymous", "anonymous"),
    ],
)
def test_of_a_number_the_last_two_digits_are_shown(number: str, masked: str) -> None:
    assert shown(caller=number, dialled=number) == {"caller": masked, "dialled": masked}


def test_of_words_their_length_is_shown() -> None:
    assert shown(text=WORDS, arguments='{"name":"Zoe"}') == {
        "text": "14 characters",
        "arguments": "14 characters",
    }


def test_a_key_that_is_not_declared_is_hidden_as_words_are() -> None:
    values: dict[str, Any] = {
        "customer": WORDS,
        "year": 1984,
        "both": [WORDS, NUMBER],
        "of": {"them": WORDS},
    }
    for key, value in values.items():
        assert shown(**{key: value})[key].endswith(" characters")


def test_what_is_within_a_value_is_hidden_by_its_own_key() -> None:
    tools = [{"name": "find", "took_ms": 3, "arguments": WORDS, "caller": NUMBER, NUMBER: WORDS}]
    assert shown(tools=tools) == {
        "tools": [
            {
                "name": "find",
                "took_ms": 3,
                "arguments": "14 characters",
                "caller": "…42",
                "…42": "14 characters",
            }
        ]
    }


CONTEXT = incoming_call_context()
TOKEN = "gAAAAABnR3V9" + "aB3-_" * 30
SECRETS = [
    (f"wss://x.example/acs/media/{TOKEN}", "wss://x.example/acs/media/…"),
    (f"GET /acs/callbacks/{TOKEN[:20]}?x=1 HTTP/1.1", "GET /acs/callbacks/…?x=1 HTTP/1.1"),
    (f"'/acs/sounds/{TOKEN[:20]}'", "'/acs/sounds/…'"),
    ("https://x.example/acs/events?key=hunter2&b=1", "https://x.example/acs/events?key=…&b=1"),
    ("https://f.example/?code=a-b_c==&sig=x%2By", "https://f.example/?code=…&sig=…"),
    ("endpoint=https://r.example/;accesskey=c2VjcmV0==", "endpoint=https://r.example/;accesskey=…"),
    ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
    ("bearer eyJhbGciOi.eyJzdWIi.c2ln", "Bearer …"),
    (f"context {CONTEXT} refused", "context … refused"),
    (f"token {TOKEN}", "token …"),
]


@pytest.mark.parametrize(("text", "left"), SECRETS)
@pytest.mark.parametrize("shows_personal", [False, True])
def test_secrets_are_never_shown(text: str, left: str, *, shows_personal: bool) -> None:
    assert shown(shows_personal=shows_personal, detail=text) == {"detail": left}
    if shows_personal:
        assert shown(shows_personal=True, text=text) == {"text": left}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"call {NUMBER} failed", "call …42 failed"),
        ("4:+18005550142", "4:…42"),
        ("to=%2B18005550142&x", "to=…42&x"),
        ("+1 (800) 555-0142", "…42"),
        ("tel 18005550142.", "tel …42."),
        (f"{TEAMS} is away", "8:…66 is away"),
        ("CallDisconnected 200/540000", "CallDisconnected 200/540000"),
        ("2026-11-23T10:00:00.123456+01:00", "2026-11-23T10:00:00.123456+01:00"),
        ("411f0b00-b97c-4bcf-9d0f-123456789012", "411f0b00-b97c-4bcf-9d0f-123456789012"),
        ("1234567890123456", "1234567890123456"),  # as an id of a call may be
    ],
)
def test_numbers_are_masked_in_whatever_text_they_stand(text: str, left: str) -> None:
    assert shown(detail=text) == {"detail": left}
    assert shown(shows_personal=True, detail=text) == {"detail": text}


async def look_up(number: str) -> None:
    try:
        int(WORDS)
    except ValueError as error:
        error.add_note(WORDS)
        raise LookupError(f"{number} is unknown") from error


async def failing() -> Exception:
    try:
        await asyncio.gather(look_up(NUMBER))
    except LookupError as error:
        return error
    raise AssertionError


async def test_a_traceback_says_what_failed_where_and_not_what_it_said() -> None:
    error = ExceptionGroup(WORDS, [await failing(), TimeoutError(NUMBER)])
    with written_logs() as written:
        log.error("failed", exc_info=error)
    trace = written.lines[0]["exception"]
    assert [line for line in trace.splitlines() if not line.startswith(" ")] == [
        *("ExceptionGroup", "Within:", "ValueError", "Then:", "LookupError", "Within:"),
        "TimeoutError",
    ]
    assert 'test_logs.py", line' in trace
    assert ", in look_up" in trace
    assert WORDS not in written.text
    assert NUMBER[:-2] not in written.text


async def test_an_error_that_is_its_own_cause_has_an_end() -> None:
    error = ValueError()
    error.__cause__ = error
    assert without_words((ValueError, error, None)) == "ValueError"


async def test_libraries_are_held_to_the_same() -> None:
    async def forgotten() -> None:
        raise ValueError(f"{WORDS}, {NUMBER}")

    with written_logs(level=logging.DEBUG) as written:
        task = asyncio.create_task(forgotten(), name=WORDS)
        await asyncio.wait({task})
        del task  # asyncio tells of its error, with all that it says
        logging.getLogger("aiohttp.server").error(
            "Error handling %s from %s", f"/acs/media/{TOKEN}", NUMBER, exc_info=await failing()
        )
        logging.getLogger("azure.core").warning("Authorization: Bearer %s", "abc")
        logging.getLogger("azure.ai.voicelive").error(WORDS)
        logging.getLogger("azure.core").debug(WORDS)
    assert {line["event"] for line in written.lines} >= {
        "Task exception was never retrieved",
        "Error handling /acs/media/… from …42",
        "Authorization: Bearer …",
    }
    for private in (WORDS, NUMBER[2:-2], TOKEN, "Bearer abc"):
        assert private not in written.text


FORGED = 'x"}\n{"event":"forged"}\r\n\x1b[2K\x85\u2028forged'


def test_no_value_begins_a_line_of_its_own() -> None:
    with written_logs() as written:
        log.info("happened", detail=FORGED)
        logging.getLogger("foreign").warning(FORGED)
    assert [line["event"] for line in written.lines] == ["happened", 'x"}']
    with written_logs(json=False) as written:
        log.info("happened", detail=FORGED, tools=[FORGED])
        logging.getLogger("foreign").warning("%s", FORGED)
    assert len(written.text.splitlines()) == 2
    assert "\x1b[2K" not in written.text


def test_a_connection_string_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(acs_endpoint="endpoint=https://r.example/;accesskey=c2VjcmV0")
    assert "ACS_ENDPOINT: needs a URL like https://example.com" in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)


def test_personal_data_is_logged_only_with_a_loud_line_first() -> None:
    with written_logs(shows_personal=True) as written:
        log.info("happened", caller=NUMBER, text=WORDS)
        log.error("failed", exc_info=ValueError(WORDS))
    loud, happened, failed = written.lines
    assert (loud["event"], loud["level"]) == ("log.personal", "warning")
    assert loud["detail"].startswith("INTERLUDE_LOG_PII is set")
    assert (happened["caller"], happened["text"]) == (NUMBER, WORDS)
    assert failed["exception"].endswith(f"ValueError: {WORDS}")
    with written_logs() as written:
        pass
    assert written.text == ""


def test_bytes_that_are_no_http_write_nothing_and_what_failed_does() -> None:
    with written_logs() as written:
        server = logging.getLogger("aiohttp.server")
        server.error("Error handling request", exc_info=BadHttpMessage("no HTTP"))
        server.error("Error handling request", exc_info=ValueError(WORDS))
    (failed,) = written.lines
    assert failed["exception"].endswith("ValueError")
