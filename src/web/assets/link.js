// The WebSocket to the desk: says hello, comes back after a break, gives every command its answer.
// Protocol: docs/desk-protocol.md.

const VERSION = 1;
const SILENCE_MS = 2500; // The service beats every second.
const RETRY_MS = [0, 300, 700, 1500, 2000];

const randomName = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");

export class Link {
  #page = randomName();
  #run = null;
  #seq = null;
  #lastId = 0;
  #pending = new Map();
  #socket = null;
  #heard = 0;
  #tries = 0;
  #timer = null;

  /** `on`: `{ up(welcome), down(), event(event), reset(), signedOut(), fault(why) }`. */
  constructor(on) {
    this.on = on;
    setInterval(() => this.#watch(), 500);
    addEventListener("online", () => this.#again());
    this.#open();
  }

  get isUp() { return this.#socket?.welcomed === true; }

  /** Sends a command; the promise is kept with `{ result, why, … }` in every case. */
  command(name, fields = {}) {
    const id = ++this.#lastId;
    const text = JSON.stringify({ v: VERSION, id, do: name, ...fields });
    return new Promise((resolve) => {
      this.#pending.set(id, { text, resolve });
      if (this.isUp) this.#socket.send(text);
    });
  }

  #open() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/desk`);
    this.#socket = socket;
    this.#heard = performance.now();
    socket.onopen = () => {
      const hello = { page: this.#page };
      if (this.#seq !== null) Object.assign(hello, { run: this.#run, resume: this.#seq });
      socket.send(JSON.stringify({ v: VERSION, hello }));
    };
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#receive(JSON.parse(data)); };
    socket.onclose = () => { if (socket === this.#socket) this.#again(); };
  }

  /** Lets the connection go and opens the next one. */
  #again() {
    const old = this.#socket;
    this.#socket = null;
    if (old) {
      old.onclose = old.onmessage = null;
      old.close();
      if (old.welcomed) this.on.down();
    }
    clearTimeout(this.#timer);
    const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#retry(), wait);
  }

  async #retry() {
    // A refused WebSocket does not say why: ask whether we are still signed in.
    try {
      const answer = await fetch("/session", { cache: "no-store", signal: AbortSignal.timeout(1500) });
      if (answer.status === 401) { this.on.signedOut(); return; }
    } catch { this.#again(); return; }
    this.#open();
  }

  #watch() {
    if (this.#socket && performance.now() - this.#heard > SILENCE_MS) this.#again();
  }

  #receive(message) {
    this.#heard = performance.now();
    if (message.beat) { this.#socket.send(JSON.stringify({ v: VERSION, beat: true })); return; }
    if (message.welcome) { this.#welcome(message.welcome); return; }
    if (message.fault) { this.on.fault(message.fault); return; }
    if (message.seq !== undefined) this.#seq = message.seq;
    if (message.snapshot) {
      this.on.reset();
      for (const event of message.snapshot) this.on.event(event);
    } else if (message.reply !== undefined) {
      const waiting = this.#pending.get(message.reply);
      this.#pending.delete(message.reply);
      waiting?.resolve(message);
    } else if (message.event) {
      this.on.event(message);
    }
  }

  #welcome(welcome) {
    this.#socket.welcomed = true;
    this.#tries = 0;
    this.#run = welcome.run;
    for (const [id, { text, resolve }] of [...this.#pending]) {
      if (id > welcome.received) {
        this.#socket.send(text);
      } else if (!welcome.resumed) {
        this.#pending.delete(id);
        resolve({ result: "unknown" });
      }
    }
    this.on.up(welcome);
  }
}
