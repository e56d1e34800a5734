"""A microphone made of a WAV file, and taps on what a page hears and plays."""

import base64
import wave
from pathlib import Path

from playwright.async_api import Page

MICROPHONE_HZ = 48_000
RATE_HZ = 24_000
"""Of the page's sound."""

_TAPS = """
(() => {
  const { connect } = AudioNode.prototype;
  window.taps = { mouth: [], ear: [] };
  const tapped = async (node, kept) => {
    const tap = new MediaStreamAudioDestinationNode(node.context, { channelCount: 1 });
    connect.call(node, tap);
    const [track] = tap.stream.getAudioTracks();
    const sound = new MediaStreamTrackProcessor({ track, maxBufferSize: 3000 });
    for await (const data of sound.readable) {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      data.close();
      kept.push(samples);
      dispatchEvent(new Event("tap"));
    }
  };
  AudioNode.prototype.connect = function (target, ...rest) {
    if (this instanceof MediaStreamAudioSourceNode) tapped(this, taps.mouth);
    if (this instanceof AudioWorkletNode) tapped(this, taps.ear);
    return connect.call(this, target, ...rest);
  };
})();
"""
"""Keeps what the page connects: its microphone as `mouth`, what it plays as `ear`. Nothing of it is
lost while the page is busy; both begin at the same moment."""

_TAKE = """(name) => {
  const pieces = taps[name].splice(0);
  const pcm = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces)
    for (const sample of piece) pcm[at++] = Math.max(-1, Math.min(1, sample)) * 32767;
  const bytes = new Uint8Array(pcm.buffer);
  let text = "";
  for (let from = 0; from < bytes.length; from += 32768)
    text += String.fromCharCode(...bytes.subarray(from, from + 32768));
  return btoa(text);
}"""

_SECONDS = """(count) => new Promise((done) => {
  const look = () => {
    const length = taps.ear.reduce((length, piece) => length + piece.length, 0);
    if (length < count * 24000) return;
    removeEventListener("tap", look);
    done();
  };
  addEventListener("tap", look);
  look();
})"""


def microphone(path: Path, pcm: bytes) -> tuple[str, ...]:
    """Write PCM16 of `MICROPHONE_HZ` to a file, and return flags for a browser that hears it.

    It is heard once, from when a page opens the microphone.
    """
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MICROPHONE_HZ)
        file.writeframes(pcm)
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}%noloop",
    )


async def tap(page: Page) -> None:
    """Tap the sound of whatever a page opens from now on."""
    await page.add_init_script(_TAPS)


async def taken(page: Page, name: str) -> bytes:
    """PCM16 of what came through a tap since this was asked last."""
    return base64.b64decode(await page.evaluate(_TAKE, name))


async def seconds(page: Page, count: int) -> None:
    """Wait until so much has come through the loudspeaker's tap, beside what was taken."""
    await page.evaluate(_SECONDS, count)
