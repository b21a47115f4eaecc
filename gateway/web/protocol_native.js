// The native protocol: messages with numbers, acknowledged once they are stored, and a place to go
// on from after any interruption. What a frame means is told to the chat in the words that all
// protocols share (see chat.js).

import { localTime } from "./i18n.js";
import { refusal } from "./outbox.js";

export const SUBPROTOCOL = "hubbub.v1";

// A server remembers ids for ten minutes: until then, saying it again cannot say it twice.
const SAFE_TO_REPEAT_MS = 9 * 60_000;
const READ_DELAY_MS = 200;
const PAGE = 50;
const PROBE_TIMEOUT_MS = 5_000;
const TYPING_EVERY_MS = 3_000;

export class NativeProtocol {
  #chat;
  #roster;
  #composer;
  #send;
  #memory;
  #count = 0;
  // Rooms and the inbox: the last message that was heard, as [epoch, seq].
  #positions = new Map();
  #inbox = null;
  #resume = "";
  #token;
  // By id: messages not yet acknowledged, in the order they were written.
  #pending = new Map();
  // By id: questions not yet answered.
  #asked = new Map();
  // Per kind of question: the last one, since the server answers one at a time.
  #lines = new Map();
  #readTimer = 0;
  #typedAt = -TYPING_EVERY_MS;
  #receivers = {
    welcome: (frame) => this.#welcomed(frame),
    presence: (frame) => this.#presence(frame),
    public: (frame) => this.#public(frame),
    private: (frame) => this.#private(frame),
    system: ({ content, timestamp }) => this.#chat.announced(String(content),
      localTime(timestamp)),
    ack: (frame) => this.#acknowledged(frame),
    gap: (frame) => this.#gap(frame),
    joined: (frame) => this.#joined(frame),
    left: (frame) => this.#left(frame),
    rooms: (frame) => this.#answer(frame),
    who: (frame) => this.#answer(frame),
    history: (frame) => this.#answer(frame),
    typing: (frame) => this.#typing(frame),
    error: (frame) => this.#error(frame),
    hub_degraded: () => this.#chat.hubAway(true),
    hub_back: () => this.#chat.hubAway(false),
    bye: (frame) => this.#chat.serverLeaves(Number(frame.retry_after_ms) || 0),
  };

  features = { rooms: true };
  limits = {};

  // send(frame) is false while there is no connection; memory(value) keeps what a reload needs.
  // token() is what proves to a server that asks for it who we are, or empty.
  constructor({ chat, roster, composer, send, memory, token }) {
    this.#token = token;
    this.#chat = chat;
    this.#roster = roster;
    this.#composer = composer;
    this.#send = send;
    this.#memory = memory;
    const { resume, inbox, rooms, user, username } = memory() ?? {};
    if (user)
      roster.identify(String(user), String(username));
    this.#resume = typeof resume === "string" ? resume : "";
    this.#inbox = Array.isArray(inbox) ? inbox : null;
    for (const room of Array.isArray(rooms) ? rooms : [])
      this.#positions.set(String(room), null);
  }

  isWelcome(frame) {
    return frame.type === "welcome";
  }

  expect() {
    for (const forget of this.#asked.values())
      forget(null);
    this.#asked.clear();
  }

  // The first frame. A server that only knows the room protocol takes the name and nothing else.
  hello(username) {
    const hello = { type: "hello", username };

    if (this.#token())
      hello.token = this.#token();
    if (this.#resume)
      hello.resume = this.#resume;
    if (this.#positions.size > 0 || this.#inbox)
      hello.since = {};
    if (this.#positions.size > 0)
      hello.since.rooms = Object.fromEntries(this.#positions);
    if (this.#inbox)
      hello.since.inbox = this.#inbox;
    return hello;
  }

  receive(frame) {
    if (Object.hasOwn(this.#receivers, frame.type))
      this.#receivers[frame.type](frame);
  }

  // Always taken: what cannot be sent now is sent when the connection is back.
  post({ conversation, content, to }) {
    const entry = { conversation, content, to, id: this.#newId(), at: performance.now() };

    // What is written next is another thing to be told of.
    this.#typedAt = -TYPING_EVERY_MS;
    entry.line = conversation.log.addPending(content, this.#roster.own);
    this.#pending.set(entry.id, entry);
    this.#say(entry);
    return true;
  }

  // What was not acknowledged stays in sight and is said again.
  connectionLost() {
    this.expect();
  }

  join(room, since) {
    return this.#ask({ type: "join", room, ...(since ? { since } : {}) });
  }

  leave(room) {
    return this.#ask({ type: "leave", room });
  }

  rooms(after) {
    return this.#askInTurn({ type: "rooms", ...(after ? { after } : {}) });
  }

  who(room, after) {
    return this.#askInTurn({ type: "who", room, ...(after ? { after } : {}) });
  }

  async history(room, before) {
    const frame = await this.#askInTurn({ type: "history", room, limit: PAGE,
      ...(before ? { before } : {}) });

    return frame?.type === "history" ? frame : null;
  }

  typing(conversation) {
    const now = performance.now();

    if (now - this.#typedAt < TYPING_EVERY_MS)
      return;
    this.#typedAt = now;
    this.#send(conversation.isPrivate
      ? { type: "typing", to: conversation.peerId }
      : { type: "typing", room: conversation.room });
  }

  // False when the connection only seems to be there.
  async isAlive() {
    const timeout = new Promise((resolve) => setTimeout(resolve, PROBE_TIMEOUT_MS, false));

    // Any answer will do, also that it is busy with another such question.
    return Promise.race([this.#ask({ type: "rooms", limit: 1 }).then(Boolean), timeout]);
  }

  message({ room, user, sender_name: name, content, timestamp, epoch, seq }) {
    const own = user === this.#roster.ownId;

    return {
      room: room ?? null, peer: room === undefined ? String(user) : null, from: String(user),
      name: String(name), content: String(content), timestamp: localTime(timestamp), own, epoch,
      seq,
    };
  }

  #newId() {
    this.#count += 1;
    return `${this.#count}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  }

  #ask(question) {
    const id = this.#newId();

    return new Promise((resolve) => {
      if (this.#send({ ...question, id }))
        this.#asked.set(id, resolve);
      else
        resolve(null);
    });
  }

  #askInTurn(question) {
    const before = this.#lines.get(question.type) ?? Promise.resolve();
    const answer = before.then(() => this.#ask(question));

    this.#lines.set(question.type, answer);
    return answer;
  }

  #answer(frame) {
    const resolve = this.#asked.get(frame.id);

    this.#asked.delete(frame.id);
    resolve?.(frame);
  }

  #welcomed({ user, username, resume, rooms, inbox, limits, resumed }) {
    const before = this.#roster.ownId;
    const heard = new Set();
    const positions = new Map();

    this.limits = limits ?? {};
    this.#resume = String(resume ?? "");
    if (!resumed || this.#inbox === null)
      this.#inbox = Array.isArray(inbox) ? inbox : null;
    for (const { room, epoch, seq } of rooms) {
      const known = this.#positions.get(room) ?? null;
      if (known !== null)
        heard.add(room);
      positions.set(room, known ?? [epoch, seq]);
    }
    this.#positions = positions;
    this.#roster.identify(String(user), String(username));
    this.#remember();
    this.#chat.welcomed({ rooms: rooms.map(({ room }) => room), heard });
    this.#repeat(before === null || before === String(user));
  }

  // Under another identity the server cannot know our ids: only the writer may say it again.
  #repeat(isSame) {
    for (const entry of Array.from(this.#pending.values())) {
      if (isSame && performance.now() - entry.at < SAFE_TO_REPEAT_MS)
        this.#say(entry);
      else
        this.#failed(entry, { code: "unconfirmed" });
    }
  }

  #say({ id, content, to, conversation }) {
    this.#send(to === null
      ? { type: "public", id, room: conversation.room, content }
      : { type: "private", id, to, content });
  }

  #acknowledged({ id, seq, timestamp, epoch }) {
    const entry = this.#pending.get(id);

    if (!entry)
      return;
    this.#pending.delete(id);
    const { conversation, content, to, line } = entry;
    const { ownId } = this.#roster;
    conversation.log.remove(line);
    // What one writes to oneself, and what came back on catching up, is heard as it was said.
    if (to === ownId)
      return;
    const room = to === null ? conversation.room : null;
    this.#chat.stored(conversation, {
      room, peer: to, from: ownId, name: this.#roster.own?.name ?? "", content, own: true,
      timestamp: localTime(timestamp), epoch, seq,
    });
  }

  #failed(entry, { code, content }) {
    const again = () => {
      entry.conversation.log.remove(entry.line);
      this.#pending.delete(entry.id);
      this.post(entry);
    };

    this.#pending.delete(entry.id);
    entry.conversation.log.markFailed(entry.line, refusal({ code, content }), again);
  }

  #error({ id, code, content }) {
    const entry = this.#pending.get(id);
    const reason = { code: String(code), content: String(content ?? code) };

    if (entry)
      this.#failed(entry, reason);
    else if (this.#asked.has(id))
      this.#answer({ id, type: "error", ...reason });
    else
      this.#chat.refused(reason.content, () => this.#composer.hint(refusal(reason)));
  }

  // False for what was heard before: on catching up, or as the answer to our own message.
  #isNews(room, epoch, seq) {
    const [knownEpoch, knownSeq] = this.#positions.get(room) ?? [];

    if (!this.#positions.has(room))
      return false;
    if (epoch === knownEpoch && seq <= knownSeq)
      return false;
    this.#positions.set(room, [epoch, seq]);
    return true;
  }

  #public(frame) {
    if (this.#isNews(frame.room, frame.epoch, frame.seq))
      this.#chat.said(this.message(frame));
  }

  #private(frame) {
    const { epoch, seq } = frame;

    if (this.#inbox?.[0] === epoch && seq <= this.#inbox[1])
      return;
    this.#inbox = [epoch, seq];
    this.#chat.said(this.message(frame));
    this.#remember();
    this.#readTimer ||= setTimeout(() => {
      this.#readTimer = 0;
      this.#send({ type: "read", inbox: this.#inbox[1] });
    }, READ_DELAY_MS);
  }

  #gap({ room, epoch, to, reason }) {
    const position = reason === "epoch" ? [0, 0] : [epoch, to];

    if (room === undefined)
      this.#inbox = position;
    else if (this.#positions.has(room))
      this.#positions.set(room, position);
    // What was read was shown where it was read.
    if (reason !== "read")
      this.#chat.missed(room ?? null);
  }

  #presence({ room, snapshot, joined, left, count }) {
    const people = (entries) => entries.map(({ user, username }) =>
      ({ id: String(user), name: String(username) }));

    if (snapshot) {
      this.#roster.replaceRoom(room, people(joined), count);
      this.#chat.rosterChanged({ replaced: true });
      return;
    }
    const changes = this.#roster.change(room, people(joined), people(left), count);
    for (const { kind, user } of changes)
      this.#chat.cameOrWent({ kind, room, name: user.name, at: localTime() });
    this.#chat.rosterChanged({ replaced: false });
  }

  #joined(frame) {
    // After a change of name the stream goes on, and what was missed meanwhile follows.
    if (!this.#positions.has(frame.room)) {
      this.#positions.set(frame.room, [frame.epoch, frame.seq]);
      this.#chat.entered(frame.room);
    }
    this.#remember();
    this.#answer(frame);
  }

  #left(frame) {
    const { room, reason, renamed } = frame;
    const position = this.#positions.get(room);

    this.#positions.delete(room);
    this.#remember();
    this.#roster.forgetRoom(room);
    this.#chat.leftRoom({ room, reason, renamed });
    this.#answer(frame);
    if (reason === "renamed" && position) {
      this.#positions.set(renamed, position);
      this.join(renamed, position);
    }
  }

  #typing({ room, user, sender_name: name }) {
    if (user !== this.#roster.ownId)
      this.#chat.typed({ room: room ?? null, id: String(user), name: String(name) });
  }

  #remember() {
    this.#memory({
      user: this.#roster.ownId, username: this.#roster.own?.name, resume: this.#resume, inbox: this.#inbox, rooms: Array.from(this.#positions.keys()),
    });
  }
}
