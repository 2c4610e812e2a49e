// The sound of a call: one WebRTC connection with G.711, asked for while the call still rings, and
// asked for anew when it breaks.

const LOST_MS = 1000; // A connection that is away longer is replaced; the whole takes less than 3 s.
const ELSEWHERE_MS = 1500; // Another page of the seat has the sound: asked again, it may be closed.

export class Sound {
  #link;
  #changed;
  #stream = null;
  #context = null;
  #peer = null;
  #wanted = null;
  #lost = null;
  #meters;

  /** `changed(state)`: off, ready, connecting, on, lost, elsewhere, denied or insecure. */
  constructor(link, audio, meters, changed) {
    this.#link = link;
    this.audio = audio;
    this.#meters = meters;
    this.#changed = changed;
    setInterval(() => this.#measure(), 100);
  }

  get wanted() { return this.#wanted; }

  /** Asks for the microphone, so that nobody has to when a citizen waits. */
  async prepare() {
    if (!navigator.mediaDevices) { this.#changed("insecure"); return false; }
    if (this.#stream?.active) return true;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
    } catch { this.#changed("denied"); return false; }
    this.#listen("mic", this.#stream);
    if (!this.#peer) this.#changed("ready");
    return true;
  }

  /** Wants sound for `{ offer }` or `{ call }`; what is there for the same is kept. */
  async start(wanted) {
    if (this.#peer && this.#wanted?.offer === wanted.offer && this.#wanted?.call === wanted.call) return { result: "done" };
    this.#wanted = wanted;
    if (!(await this.prepare()) || this.#wanted !== wanted) return { result: "failed" };
    return this.#connect();
  }

  /** The offered call is this call now. */
  becomes(call) { if (this.#wanted) this.#wanted = { call }; }

  /** No sound any more. */
  stop() {
    this.#wanted = null;
    this.#close();
    this.#changed(this.#stream ? "ready" : "off");
  }

  /** Lets the microphone go. */
  release() {
    this.stop();
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#changed("off");
  }

  /** The way to the desk is back: sound that is not there is asked for again. */
  check() {
    if (this.#wanted && this.#peer?.connectionState !== "connected" && this.#peer?.connectionState !== "connecting") this.#connect();
  }

  /** `quietly`: again, without a word until something is different. */
  async #connect(quietly = false) {
    this.#close();
    const peer = new RTCPeerConnection({ iceServers: [] });
    this.#peer = peer;
    if (!quietly) this.#changed("connecting");
    const transceiver = peer.addTransceiver(this.#stream.getAudioTracks()[0], { direction: "sendrecv", streams: [this.#stream] });
    const codecs = RTCRtpReceiver.getCapabilities("audio").codecs;
    const g711 = ["audio/PCMA", "audio/PCMU"].flatMap((type) => codecs.filter((codec) => codec.mimeType === type));
    transceiver.setCodecPreferences(g711);
    peer.ontrack = ({ track }) => {
      const stream = new MediaStream([track]);
      this.audio.srcObject = stream;
      this.audio.play().catch(() => {}); // Plays after the next key or click otherwise.
      this.#listen("ear", stream);
    };
    peer.onconnectionstatechange = () => this.#state(peer);
    await peer.setLocalDescription(await peer.createOffer());
    const answer = await this.#link.command("audio", { ...this.#wanted, sdp: peer.localDescription.sdp });
    if (peer !== this.#peer) return answer;
    if (answer.result !== "done") {
      this.#close();
      const elsewhere = answer.why === "elsewhere";
      this.#changed(elsewhere ? "elsewhere" : "lost");
      if (elsewhere) this.#lost = setTimeout(() => { if (this.#wanted && this.#link.isUp) this.#connect(true); }, ELSEWHERE_MS);
      return answer;
    }
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return answer;
  }

  #state(peer) {
    if (peer !== this.#peer) return;
    clearTimeout(this.#lost);
    const state = peer.connectionState;
    if (state === "connected") this.#changed("on");
    if (state === "disconnected" || state === "failed") {
      this.#changed("lost");
      this.#lost = setTimeout(() => {
        if (peer === this.#peer && peer.connectionState !== "connected" && this.#link.isUp) this.#connect();
      }, state === "failed" ? 0 : LOST_MS);
    }
  }

  #close() {
    clearTimeout(this.#lost);
    if (!this.#peer) return;
    this.#peer.onconnectionstatechange = this.#peer.ontrack = null;
    this.#peer.close();
    this.#peer = null;
    this.audio.srcObject = null;
    this.#drop("ear");
  }

  #listen(which, stream) {
    this.#drop(which);
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {});
    const source = this.#context.createMediaStreamSource(stream);
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    this.#meters[which].analyser = { source, analyser, samples: new Float32Array(analyser.fftSize) };
  }

  #drop(which) {
    this.#meters[which].analyser?.source.disconnect();
    this.#meters[which].analyser = null;
  }

  #measure() {
    for (const meter of Object.values(this.#meters)) {
      let level = 0;
      if (meter.analyser) {
        meter.analyser.analyser.getFloatTimeDomainData(meter.analyser.samples);
        const power = meter.analyser.samples.reduce((sum, x) => sum + x * x, 0) / meter.analyser.samples.length;
        level = Math.min(1, Math.max(0, 1 + Math.log10(power + 1e-9) / 6)); // -60 dB to 0 dB.
      }
      meter.element.value = level;
    }
  }

  /** Two short tones while a call is offered. */
  ring() {
    if (this.#context?.state !== "running") return;
    const now = this.#context.currentTime;
    for (const [at, hertz] of [[0, 660], [0.22, 880]]) {
      const tone = this.#context.createOscillator();
      const gain = this.#context.createGain();
      gain.gain.value = 0.06;
      tone.frequency.value = hertz;
      tone.connect(gain).connect(this.#context.destination);
      tone.start(now + at);
      tone.stop(now + at + 0.18);
    }
  }
}
