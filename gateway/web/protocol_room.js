// The room protocol: one room, no numbers, no answers. What a frame means is told to the chat in
// the words that all protocols share (see chat.js).

import { RoomOutbox } from "./outbox.js";
import { now } from "./i18n.js";

// Notices of the room protocol come as Chinese sentences; these two are said in the reader's own
// language.
const JOIN_SUFFIX = " 进入聊天室";
const LEAVE_SUFFIX = " 已离开";

export class RoomProtocol {
  #chat;
  #roster;
  #send;
  #outbox;
  #awaitsOwnNotice = true;
  #receivers = {
    user_list: (frame) => this.#receivedList(frame),
    system: (frame) => this.#receivedNotice(frame),
    public: (frame) => this.#receivedMessage(frame),
    private: (frame) => this.#receivedMessage(frame),
    error: (frame) => this.#receivedError(frame),
  };

  features = { rooms: false };

  // send(frame) is false while there is no connection.
  constructor({ chat, roster, composer, send }) {
    this.#chat = chat;
    this.#roster = roster;
    this.#send = send;
    this.#outbox = new RoomOutbox(composer);
  }

  isWelcome(frame) {
    return frame.type === "user_list";
  }

  expect(name) {
    this.#roster.expect(name);
    this.#awaitsOwnNotice = true;
  }

  // Servers may send kinds this page does not know yet; those are not for us.
  receive(frame) {
    if (Object.hasOwn(this.#receivers, frame.type))
      this.#receivers[frame.type](frame);
  }

  post({ conversation, draft, content, to }) {
    const frame = to === null ? { type: "public", content } : { type: "private", content, to };

    if (!this.#send(frame))
      return false;
    this.#outbox.add({ conversation, draft, content, to });
    return true;
  }

  connectionLost() {
    this.#outbox.connectionLost();
  }

  #receivedList(frame) {
    if (!Array.isArray(frame.users))
      return;
    this.#roster.replace(frame);
    this.#chat.rosterChanged({ replaced: true });
  }

  #receivedNotice({ content, timestamp, count }) {
    const text = String(content);
    const at = timestamp ? String(timestamp) : now();

    // In a large room, whose lists do not have everybody.
    if (Number.isInteger(count)) {
      this.#roster.recount(null, count);
      this.#chat.rosterChanged({ replaced: false });
    }
    if (text.endsWith(JOIN_SUFFIX))
      this.#joined(text.slice(0, -JOIN_SUFFIX.length), at);
    else if (text.endsWith(LEAVE_SUFFIX))
      this.#chat.cameOrWent({ kind: "left", room: null, name: text.slice(0, -LEAVE_SUFFIX.length),
        at });
    // A summary of a large room says no more than its count; without one it is the operator.
    else if (!Number.isInteger(count))
      this.#chat.announced(text, at);
  }

  #joined(name, at) {
    if (!this.#awaitsOwnNotice || name !== (this.#roster.own?.name ?? this.#roster.wantedName)) {
      this.#chat.cameOrWent({ kind: "joined", room: null, name, at });
      return;
    }
    this.#awaitsOwnNotice = false;
    this.#chat.joinedOneself({ room: null, at, nothingMissed: false });
  }

  #receivedMessage(frame) {
    const isPrivate = frame.type === "private";
    const from = String(frame.from);
    const to = String(frame.to);
    const content = String(frame.content);

    if (isPrivate)
      this.#roster.correctOwn({ from, to }, this.#outbox.sentTo(to));
    const own = from === this.#roster.ownId;
    if (own)
      this.#outbox.heard({ type: frame.type, content });
    this.#chat.said({
      room: null, peer: isPrivate ? (own ? to : from) : null, from, name: String(frame.sender_name),
      content, own, timestamp: frame.timestamp ? String(frame.timestamp) : now(),
    });
  }

  #receivedError({ code, content }) {
    const sentence = String(content ?? code);

    this.#chat.refused(sentence, () => this.#outbox.refused({ code: String(code),
      content: sentence }));
  }
}
