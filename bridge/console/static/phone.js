// The softphone: this browser's microphone and loudspeaker on a line of the service.
const part = (id) => document.getElementById(id);
const phone = part("softphone");

const WHY_NO_MICROPHONE = {
  NotAllowedError: "The browser does not let this page use the microphone. Allow it beside the page's address, and call again.",
  NotFoundError: "There is no microphone. Connect one, and call again.",
  NotReadableError: "The microphone is in use by another program. Close that, and call again.",
};
const NOT_SECURE = "Browsers give the microphone only to pages that come by https, or from this machine. Open the console by https.";
const CLOSED = "The connection to the service broke off, and so did the call.";
const REFUSED = "The service did not take the call. Load the page again: you may have to sign in.";
const FLOOR_DB = -60;
const HANDSET = { echoCancellation: true, noiseSuppression: false, autoGainControl: true, channelCount: 1 }; // Voice Live suppresses noise
const TONES = { low: [697, 770, 852, 941], high: [1209, 1336, 1477], keys: "123456789*0#" };
const RINGING = { frequencies: [440, 480], seconds: 2, every: 6 };

class NoSound extends Error {}

class Sound {
  // The microphone at `heard`, and whatever is played.
  static async open(heard, told) {
    if (!navigator.mediaDevices) throw new NoSound(NOT_SECURE);
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: HANDSET }).catch((problem) => {
      throw new NoSound(WHY_NO_MICROPHONE[problem.name] ?? `The microphone cannot be used: ${problem.message}`);
    });
    const sound = new Sound(microphone);
    await sound.connect(heard, told).catch((problem) => {
      sound.close();
      throw problem;
    });
    return sound;
  }

  constructor(microphone) {
    this.microphone = microphone;
    try {
      this.begin(24000);
    } catch { // Firefox joins a microphone to nothing but its own rate
      this.context?.close();
      this.begin();
    }
  }

  begin(sampleRate) {
    this.context = new AudioContext({ latencyHint: "interactive", sampleRate });
    this.source = this.context.createMediaStreamSource(this.microphone);
  }

  async connect(heard, told) {
    const { context } = this;
    await Promise.all([context.resume(), ...[phone.dataset.capture, phone.dataset.playback].map((url) => context.audioWorklet.addModule(url))]);
    this.capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.playback = new AudioWorkletNode(context, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.volume = new GainNode(context);
    this.capture.port.onmessage = ({ data }) => heard(data);
    this.playback.port.onmessage = ({ data }) => told(data);
    this.source.connect(this.capture);
    this.playback.connect(this.volume).connect(context.destination);
  }

  play(pcm) {
    this.playback.port.postMessage(pcm, [pcm]);
  }

  tone(frequencies, seconds) {
    const { context } = this;
    const quiet = new GainNode(context, { gain: 0.05 });
    quiet.connect(this.volume);
    for (const frequency of frequencies) {
      const oscillator = new OscillatorNode(context, { frequency });
      oscillator.connect(quiet);
      oscillator.start();
      oscillator.stop(context.currentTime + seconds);
    }
    return () => quiet.disconnect();
  }

  close() {
    for (const track of this.microphone.getTracks()) track.stop();
    return this.context.close();
  }
}

class Call {
  constructor(order) {
    this.order = order;
    this.over = false;
    part("said").replaceChildren();
    this.begin().catch((problem) => this.ended(problem instanceof NoSound ? problem.message : `This browser cannot make calls: ${problem.message}`));
  }

  async begin() {
    show("asking", "Waiting for the microphone…");
    const sound = await Sound.open((piece) => this.said(piece), (figures) => this.told(figures));
    if (this.over) return sound.close();
    this.sound = sound;
    adjust(this);
    const address = new URL(phone.dataset.line, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.send({ ...this.order, rate_hz: sound.context.sampleRate });
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.moved(JSON.parse(data)) : sound.play(data));
    this.socket.onclose = () => this.ended(this.state ? CLOSED : REFUSED);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  said({ buffer, level }) {
    meter("mouth", level);
    if (this.state && this.socket.readyState === WebSocket.OPEN) this.socket.send(buffer);
  }

  told({ level, gaps, skippedMs, cushionMs }) {
    meter("ear", level);
    part("gaps").textContent = gaps;
    part("skipped").textContent = Math.round(skippedMs);
    part("cushion").textContent = cushionMs;
  }

  moved({ state, words, gaps, ...happened }) {
    if (!state) return follow(happened);
    if (state === "over") {
      part("mouth-gaps").textContent = gaps ?? 0;
      return this.ended(words);
    }
    this.state = state;
    this.ring(state === "ringing");
    show(state, words);
  }

  ring(rings) {
    clearInterval(this.ringing);
    this.hush?.();
    if (!rings) return;
    const once = () => { this.hush = this.sound.tone(RINGING.frequencies, RINGING.seconds); };
    once();
    this.ringing = setInterval(once, RINGING.every * 1000);
  }

  press(key) {
    const at = TONES.keys.indexOf(key);
    if (at < 0 || !this.sound) return;
    this.sound.tone([TONES.low[Math.floor(at / 3)], TONES.high[at % 3]], 0.1);
    this.send({ key });
  }

  hangUp() {
    if (this.socket?.readyState === WebSocket.OPEN) this.send({ hang_up: true });
    else this.ended("You hung up.");
  }

  ended(words) {
    if (this.over) return;
    this.over = true;
    if (this.sound) this.ring(false);
    this.sound?.close();
    this.socket?.close();
    for (const id of ["mouth", "ear"]) meter(id, 0);
    show("over", words);
    call = null;
  }
}

let call = null;

function meter(id, level) {
  part(id).value = level ? Math.max(FLOOR_DB, 20 * Math.log10(level)) : FLOOR_DB;
}

function show(state, words) {
  const idle = state === "over";
  const focus = document.activeElement;
  phone.dataset.state = state;
  part("state").textContent = words;
  part("call").disabled = !idle;
  for (const control of ["number", "caller"]) part(control).disabled = !idle;
  for (const control of phone.querySelectorAll("[data-in-call]")) control.disabled = idle;
  if (focus?.disabled) part(idle ? "call" : "hang-up").focus(); // a disabled button has no keyboard
  if (!idle) return;
  part("doing").textContent = "";
  part("follow").hidden = true;
}

function follow({ call: id, doing, first, said }) {
  part("follow").hidden = false;
  part("follow").href = `/console/calls/${id}`;
  part("doing").textContent = doing;
  const lines = part("said");
  while (lines.children.length > first) lines.lastChild.remove();
  for (const { by, text } of said) {
    const line = document.createElement("li");
    line.dataset.by = by;
    line.append(Object.assign(document.createElement("b"), { textContent: by }), ` ${text}`);
    lines.append(line);
  }
}

function adjust({ sound }) {
  const muted = part("mute").getAttribute("aria-pressed") === "true";
  sound.capture.port.postMessage({ muted });
  sound.volume.gain.value = part("volume").value / 100;
}

part("dial").addEventListener("submit", (event) => {
  event.preventDefault();
  call ??= new Call({ dial: part("number").value, caller: part("caller").value });
});
part("hang-up").addEventListener("click", () => call?.hangUp());
part("mute").addEventListener("click", ({ currentTarget: button }) => {
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
  if (call?.sound) adjust(call);
});
part("volume").addEventListener("input", () => { if (call?.sound) adjust(call); });
part("keypad").addEventListener("click", ({ target }) => {
  const key = target.closest("button")?.value;
  if (key) call?.press(key);
});
phone.addEventListener("keydown", (event) => {
  const writes = event.target.matches("select, input:not([type=range])");
  if (!writes && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey) call?.press(event.key);
});
addEventListener("beforeunload", (event) => { if (call) event.preventDefault(); });
