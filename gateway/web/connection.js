// The WebSocket: joining, coming back by itself, and knowing when not to. It knows frames only as
// JSON objects and nothing about the page; what is said first, and what answers it, it asks.

const OPEN_TIMEOUT_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
// A connection that ends sooner than this counts as one more failure, so that a server which
// accepts and drops at once is not asked twice a second.
const SETTLED_MS = 5_000;

const CLOSE_POLICY = 1008;
const CLOSE_RESTART = 1012;
const CLOSE_LATER = 1013;
// A busy server is left alone for longer; a restarting one is back soon, but for everybody at once.
const DELAY_FLOOR_MS = { [CLOSE_RESTART]: 1_500, [CLOSE_LATER]: 4_000 };

// A clock that runs much faster than our timer: the machine slept, and the connection may be dead.
const WATCH_MS = 5_000;
const SLEPT_MS = 20_000;

export class Connection {
  #address;
  #subprotocol;
  #offers = true;
  #isKnown = false;
  #hello;
  #isWelcome;
  #isAlive;
  #onState;
  #onFrame;
  #patience = 0;
  #watchedAt = Date.now();
  #socket = null;
  #failures = 0;
  #joinedAt = 0;
  #timer = 0;
  #phase = "idle";

  // onState({ phase, ... }) with phase one of:
  //   idle, connecting, joining, online,
  //   waiting (code, retryAt): tries again at that time of performance.now()
  //   ended (code, reason, wasOnline): the server does not want us; only the user tries again
  // hello() is the first frame, isWelcome(frame) knows its answer, isAlive() asks the server.
  constructor(address, { subprotocol, hello, isWelcome, isAlive, onState, onFrame }) {
    this.#subprotocol = subprotocol;
    this.#hello = hello;
    this.#isWelcome = isWelcome;
    this.#isAlive = isAlive;
    this.#address = address;
    this.#onState = onState;
    this.#onFrame = onFrame;
    addEventListener("online", () => this.#doubt());
    document.addEventListener("visibilitychange", () => this.#watch());
    setInterval(() => this.#watch(), WATCH_MS);
    // A browser may keep a page one has left, with its socket open: nobody is there any more. When
    // the reader comes back to it, so does the connection.
    addEventListener("pagehide", () => this.#suspend());
    addEventListener("pageshow", () => this.retryNow());
  }

  get online() {
    return this.#phase === "online";
  }

  join() {
    this.leave();
    this.#failures = 0;
    this.#connect();
  }

  leave() {
    const socket = this.#socket;

    clearTimeout(this.#timer);
    this.#socket = null;
    socket?.close(1000);
    this.#enter("idle");
  }

  retryNow() {
    if (this.#phase !== "waiting")
      return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  // The server said when it wants us back.
  comeBackAfter(milliseconds) {
    this.#patience = Math.min(milliseconds, LONGEST_DELAY_MS);
  }

  send(frame) {
    if (!this.online || this.#socket.readyState !== WebSocket.OPEN)
      return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #enter(phase, details = {}) {
    this.#phase = phase;
    this.#onState({ phase, failures: this.#failures, ...details });
  }

  #connect() {
    const offered = this.#offers;
    const socket = new WebSocket(this.#address, offered ? [this.#subprotocol] : []);
    let opened = false;
    // Handlers of a socket that was replaced must not speak for the new one.
    const ifCurrent = (handle) => (event) => {
      if (socket === this.#socket)
        handle(event);
    };

    this.#socket = socket;
    this.#enter("connecting");
    this.#timer = setTimeout(() => this.#abandon(socket), OPEN_TIMEOUT_MS);
    socket.addEventListener("open", ifCurrent(() => {
      opened = true;
      this.#isKnown ||= socket.protocol === this.#subprotocol;
      clearTimeout(this.#timer);
      this.#enter("joining");
      socket.send(JSON.stringify(this.#hello()));
    }));
    socket.addEventListener("message", ifCurrent(({ data }) => this.#receive(data)));
    socket.addEventListener("close", ifCurrent(({ code, reason }) => {
      // A server that does not know the subprotocol may refuse the handshake for it: every other
      // attempt goes without. One that knew it once was only away.
      this.#offers = this.#isKnown || opened || !offered;
      this.#lost(code, reason);
    }));
  }

  #suspend() {
    const socket = this.#socket;

    if (!socket)
      return;
    clearTimeout(this.#timer);
    this.#socket = null;
    socket.close(1000);
    this.#enter("waiting", { code: 1001, retryAt: performance.now() });
  }

  #watch() {
    const passed = Date.now() - this.#watchedAt;

    this.#watchedAt = Date.now();
    if (passed > SLEPT_MS)
      this.#doubt();
  }

  // After a sleep or on another network an open socket proves nothing.
  async #doubt() {
    const socket = this.#socket;

    this.retryNow();
    if (this.online && !(await this.#isAlive()))
      this.#abandon(socket);
  }

  // A closing handshake with a dead peer takes minutes; we do not wait for it.
  #abandon(socket) {
    if (socket !== this.#socket)
      return;
    this.#lost(1006, "");
    socket.close();
  }

  #receive(data) {
    let frame;

    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object")
      return;
    if (this.#phase === "joining" && this.#isWelcome(frame)) {
      this.#joinedAt = performance.now();
      this.#enter("online");
    }
    this.#onFrame(frame);
  }

  #lost(code, reason) {
    const wasOnline = this.online;

    clearTimeout(this.#timer);
    this.#socket = null;
    if (code === CLOSE_POLICY) {
      this.#enter("ended", { code, reason, wasOnline });
      return;
    }
    if (wasOnline && performance.now() - this.#joinedAt > SETTLED_MS)
      this.#failures = 0;
    const delay = this.#nextDelay(code);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#enter("waiting", { code, retryAt: performance.now() + delay });
  }

  // Half of the delay is fixed, half is chance: thousands of pages that lost the same gateway must
  // not come back in the same instant.
  #nextDelay(code) {
    const grown = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
    const whole = Math.max(grown, DELAY_FLOOR_MS[code] ?? 0, this.#patience * 2);

    this.#patience = 0;
    return whole / 2 + Math.random() * whole / 2;
  }
}
