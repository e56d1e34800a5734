// In the thread of the sound: the microphone, as PCM16 in pieces of 20 ms.
class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.muted = false;
    this.piece = new Int16Array(sampleRate / 50);
    this.filled = 0;
    this.energy = 0;
    this.port.onmessage = ({ data }) => { this.muted = data.muted; };
  }

  process([[samples]]) {
    for (const heard of samples ?? []) {
      const sample = this.muted ? 0 : Math.max(-1, Math.min(1, heard));
      this.energy += sample * sample;
      this.piece[this.filled++] = sample * 32767;
      if (this.filled === this.piece.length) this.send();
    }
    return true;
  }

  send() {
    const level = Math.sqrt(this.energy / this.filled);
    const { buffer } = this.piece;
    this.piece = new Int16Array(this.piece.length);
    this.filled = this.energy = 0;
    this.port.postMessage({ buffer, level }, [buffer]);
  }
}

registerProcessor("capture", Capture);
