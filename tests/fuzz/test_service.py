"""Whatever strangers send, operators set and disks return, the service refuses as documented."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.service.calls_door import _order
from bridge.service.outbox import EVENT_ID, Outbox
from bridge.service.prompts import SPOILT, read_wav
from bridge.service.settings import Settings, SettingsError, load_settings
from bridge.service.signatures import Signer
from bridge.service.sounds import hold_music
from bridge.service.tokens import BadToken, Purpose, Tokens
from tests.fuzz.spoiling import bodies

anything = st.text(max_size=300) | st.text("a1\udcff\ud800", max_size=9)
"""Surrogates, too: aiohttp and the environment hold bytes that are no UTF-8 as such."""


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(bodies({"flow": "line", "to": "+14255550123"}))
@example(b'{"flow": "line", "to": "a", "to": "b"}')
def test_an_order_has_two_texts(body: bytes) -> None:
    with suppress(web.HTTPBadRequest):
        flow, to = _order(body)
        assert (type(flow), type(to)) == (str, str)


@given(st.sampled_from(Purpose), anything)
def test_no_text_is_a_token(purpose: Purpose, token: str) -> None:
    with pytest.raises(BadToken):
        Tokens("secret").open(purpose, token)
    with pytest.raises(BadToken):
        Tokens("secret").open_sound(token)
    assert not Tokens("secret").is_fresh(token)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(Settings.model_fields, anything)))
def test_settings_are_taken_or_refused_in_a_sentence(environment: dict[str, str]) -> None:
    with suppress(SettingsError):
        load_settings(**environment)


urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http", "ftp"]),
    st.sampled_from(["example.com", "127.0.0.1", "[::1]", "[", "a@b", "ex ample", "é.com", ""]),
    st.sampled_from(["", ":", ":0", ":443", ":99999", ":-1", ":x"]),
    anything,
)
keys = st.sampled_from(["c2VjcmV0LWtleQ==", "é", "=", "a b"])
secrets = st.sampled_from(["x" * 32, "whsec_" + "é" * 40, "whsec_" + "A" * 40, "short"])


@given(
    st.fixed_dictionaries(
        {
            "interlude_public_url": urls,
            "voicelive_endpoint": urls,
            "interlude_secret": secrets,
            "eventgrid_key": anything,
        },
        optional={
            "acs_endpoint": urls,
            "acs_access_key": keys,
            "acs_connection_string": st.builds("endpoint={};accesskey={}".format, urls, keys),
            "interlude_webhook_url": urls,
            "interlude_webhook_secret": secrets,
            "interlude_port": anything | st.integers().map(str),
        },
    )
)
def test_settings_that_are_almost_right_are_taken_or_refused(environment: dict[str, str]) -> None:
    try:
        settings = load_settings(**environment)
    except SettingsError:
        return
    endpoint, _ = settings.acs
    for url in (settings.interlude_public_url, settings.voicelive_endpoint, endpoint):
        assert url.startswith(("https://", "http://127.0.0.1", "http://[::1]"))
    if settings.webhook:
        Signer(settings.webhook[1])


@given(
    st.dictionaries(
        st.from_regex(r"[^/\0]{0,9}(\.json|\.part)?", fullmatch=True)
        .filter(lambda name: name not in ("", ".", "..", "dead"))
        .filter(lambda name: len(name.encode()) < 200),
        bodies({"type": "call.ended", "data": {}}),
        max_size=4,
    )
)
def test_of_files_in_the_outbox_only_events_are_left(files: dict[str, bytes]) -> None:
    with folder() as place:
        for name, content in files.items():
            (place / name).write_bytes(content)
        box = Outbox(place)
        left = box.left()
        for event_id in left:
            assert EVENT_ID.fullmatch(event_id)
            body = box.body(event_id)
            assert body == files[f"{event_id}.json"]
            assert isinstance(orjson.loads(body), dict)
        assert set(left) == {path.stem for path in place.iterdir() if path.suffix == ".json"}


def wav(*chunks: bytes) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def chunk(name: bytes, content: bytes, claimed: int | None = None) -> bytes:
    return name + struct.pack("<I", len(content) if claimed is None else claimed) + content


shapes = st.builds(
    lambda *fields: struct.pack("<HHIIHH", *fields),
    st.sampled_from([1, 0, 6, 0xFFFE]),
    st.sampled_from([1, 0, 2, 0xFFFF]),
    st.sampled_from([8_000, 24_000, 44_100, 0, 0xFFFFFFFF]),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFF),
    st.sampled_from([16, 0, 8, 24, 0xFFFF]),
)
sizes = st.none() | st.sampled_from([0, 1, 2, 0x7FFFFFFF, 0xFFFFFFFF])
wavs = st.builds(
    lambda name, shape, claimed, pcm, longer: wav(
        chunk(b"fmt ", shape, claimed), chunk(name, b""), chunk(b"data", pcm, longer)
    ),
    st.sampled_from([b"LIST", b"fmt ", b"data"]),
    shapes | st.binary(max_size=40),
    sizes,
    st.binary(max_size=100),
    sizes,
)


@given(st.binary(max_size=100) | wavs, st.booleans())
def test_a_file_is_a_clip_or_spoilt(content: bytes, repeats: bool) -> None:  # noqa: FBT001
    with folder() as place:
        path = place / "clip.wav"
        path.write_bytes(content)
        with suppress(*SPOILT):
            assert len(read_wav(path, 24_000, repeats=repeats)) % 2 == 0
        with suppress(*SPOILT):
            assert hold_music(path).startswith(b"RIFF")
