// In the thread of the sound: PCM16 of the line, played behind a cushion that grows with each gap.
const LEAST_MS = 40, MOST_MS = 120, STEP_MS = 20;
const SLACK_MS = 100; // more than this beyond the cushion is only delay
const CALM_S = 30; // without a gap, after which the cushion is a step smaller
const TELL_S = 0.1;
const inSamples = (ms) => Math.round((ms * sampleRate) / 1000);

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Float32Array(inSamples(1000));
    this.from = this.held = 0;
    this.cushionMs = LEAST_MS;
    this.gathers = true;
    this.gaps = this.skippedMs = 0;
    this.calm = this.told = this.energy = 0;
    this.port.onmessage = ({ data }) => this.take(new Int16Array(data));
  }

  take(samples) {
    for (const sample of samples) {
      this.ring[(this.from + this.held) % this.ring.length] = sample / 32768;
      this.held++;
    }
    const most = inSamples(this.cushionMs + SLACK_MS);
    if (this.held > most) {
      const late = this.held - inSamples(this.cushionMs);
      this.skippedMs += (late * 1000) / sampleRate;
      this.drop(late);
    }
  }

  drop(count) {
    this.from = (this.from + count) % this.ring.length;
    this.held -= count;
  }

  process(_, [[out]]) {
    if (this.gathers && this.held >= inSamples(this.cushionMs)) this.gathers = false;
    if (!this.gathers) this.play(out);
    this.told += out.length;
    if (this.told >= TELL_S * sampleRate) this.tell();
    return true;
  }

  play(out) {
    const count = Math.min(out.length, this.held);
    for (let at = 0; at < count; at++) {
      out[at] = this.ring[(this.from + at) % this.ring.length];
      this.energy += out[at] * out[at];
    }
    this.drop(count);
    this.calm += out.length;
    if (count < out.length) this.gap();
    else if (this.calm > CALM_S * sampleRate) this.settle(-STEP_MS);
  }

  gap() {
    this.gaps++;
    this.gathers = true;
    this.settle(STEP_MS);
  }

  settle(byMs) {
    this.cushionMs = Math.max(LEAST_MS, Math.min(MOST_MS, this.cushionMs + byMs));
    this.calm = 0;
  }

  tell() {
    const { gaps, skippedMs, cushionMs } = this;
    const waitsMs = (this.held * 1000) / sampleRate;
    this.port.postMessage({ gaps, skippedMs, cushionMs, waitsMs, level: Math.sqrt(this.energy / this.told) });
    this.told = this.energy = 0;
  }
}

registerProcessor("playback", Playback);
