"""Digits given in confidence reach their tool, and nothing else ever sees or hears them."""

import logging
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import numpy.typing as npt
import pytest
from structlog.testing import capture_logs

from bridge import Call, Callflow, Recording, Secret
from tests.calls.conftest import NUMBER, Stage
from tests.service.crm import SECRET, Crm

PIN = "428917"
ROWS_HZ, COLUMNS_HZ = (697, 770, 852, 941), (1209, 1336, 1477)


def tones_in(pcm: bytes, rate_hz: int) -> int:
    """Blocks of 40 ms that hold the tone of a key (ITU-T Q.23), and little else."""
    block = rate_hz // 25
    samples = np.frombuffer(pcm, "<i2").astype(float)
    samples = samples[: len(samples) // block * block].reshape(-1, block)
    power = np.abs(np.fft.rfft(samples * np.hanning(block))) ** 2
    hz = np.fft.rfftfreq(block, 1 / rate_hz)

    def near(keys: tuple[int, ...]) -> npt.NDArray[np.float64]:
        sums: npt.NDArray[np.float64] = power[
            :, np.any([abs(hz - key) < 40 for key in keys], axis=0)
        ].sum(axis=1)
        return sums

    whole = power.sum(axis=1)
    row, column = near(ROWS_HZ), near(COLUMNS_HZ)
    return int(((row > 0.2 * whole) & (column > 0.2 * whole) & (whole > 1e9)).sum())


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


async def test_secret_digits_are_nowhere_but_in_their_tool(
    stage: Stage, crm: Crm, caplog: pytest.LogCaptureFixture
) -> None:
    flow = Callflow(number=NUMBER, silence=None, recording=Recording(consent="This is recorded."))
    seen: list[str] = []
    kept: list[Secret] = []

    @flow.tool
    async def pay(call: Call) -> str:
        """Pay by card."""
        digits = await call.digits("Your card, please.", max_digits=6, secret=True)
        seen.append(digits.reveal())
        kept.append(digits)
        await call.progress(f"Charging card {digits.reveal()}.")
        if len(seen) > 1:
            raise ValueError(f"{digits.reveal()} is stolen")
        return f"Card {' '.join(digits.reveal())} was charged."

    caplog.set_level(logging.DEBUG)
    posted = {"interlude_webhook_url": crm.url, "interlude_webhook_secret": SECRET}
    scene = await stage(flow, prompts=True, **posted)
    with capture_logs() as logs:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears("This is recorded.")
        await phone.waits(1)
        await phone.presses("5")
        for _ in range(2):
            await phone.says("I want to pay.")
            await phone.hears("Your card, please.")
            await phone.presses(PIN)
            await phone.pauses(2_000)
        await phone.hangs_up()
        record = await scene.record()
    assert seen == [PIN, PIN]
    assert [len(digits) for digits in kept] == [0, 0], "forgotten when their tool had ended"
    assert [use.outcome for use in record.tools] == ["ok", "failed"]
    async with aiohttp.ClientSession() as web, web.get(f"{scene.url}/metrics") as answer:
        metrics = await answer.text()
    await crm.has(1)
    places = {
        "the log": str(logs) + caplog.text,
        "the record": str(record),
        "Voice Live": str([session.received for session in scene.voices.sessions]),
        "the line": str([line.text for line in phone.heard()]),
        "metrics": metrics,
        "the webhook": str(crm.posts[0].content),
    }
    for place, text in places.items():
        assert PIN not in text.replace(" ", ""), place
    (session,) = scene.voices.sessions
    assert tones_in(bytes(phone.caller), phone.rate_hz) >= 13, "they were heard on the line"
    assert tones_in(bytes(session.audio_received), 24_000) <= 1, "but for the key before"
    assert 1 <= tones_in(bytes(phone.recording), phone.rate_hz) <= 3, "the key before alone"
