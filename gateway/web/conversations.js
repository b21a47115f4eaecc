// The conversations of this page: one for each room, the home room first, and a private one per
// person. It decides which conversation a person belongs to, also when a reconnection gave that
// person another id.

import { icon, isolated } from "./elements.js";
import { now, say, sayNodes } from "./i18n.js";
import { emptyState, MessageLog, privateIntro } from "./messages.js";

const MAX_PRIVATE = 200;
const TYPING_MS = 5_000;
// Own messages whose echo may still come, or came before their answer.
const OWN_REMEMBERED = 500;

class Conversation {
  #own = new Set();
  #typing = new Map();
  unread = 0;
  draft = "";
  touched = 0;
  // The oldest message shown, { epoch, seq }, of a room whose messages have numbers.
  first = null;
  mayHaveOlder = false;
  loading = false;

  // room: its name, null where rooms have none; peerId: the person's id in a private one.
  constructor({ room, peerId, name, isSelf, onMoved, onTop }) {
    this.room = room;
    this.peerId = peerId;
    this.name = name;
    this.isSelf = isSelf;
    const intro = peerId === null
      ? emptyState(icon("bubbles"))
      : privateIntro(peerId, name, isSelf);

    this.log = new MessageLog({
      label: name, intro, introIsEmptyState: peerId === null, onMoved: () => onMoved(this),
      onTop: () => onTop(this),
    });
  }

  get isPrivate() {
    return this.peerId !== null;
  }

  // Another life of the room's numbers, or a room entered anew: what is shown may have holes.
  forgetNumbers() {
    this.first = null;
    this.mayHaveOlder = true;
    if (!this.log.isEmpty)
      this.log.clear();
  }

  isOlder({ epoch, seq }) {
    return this.first === null || (epoch === this.first.epoch && seq < this.first.seq);
  }

  // A message is about to be shown.
  note({ epoch, seq, own }) {
    if (seq === undefined)
      return;
    if (own) {
      this.#own.add(`${epoch}:${seq}`);
      if (this.#own.size > OWN_REMEMBERED)
        this.#own.delete(this.#own.values().next().value);
    }
    if (this.first === null || (epoch === this.first.epoch && seq < this.first.seq))
      this.first = { epoch, seq };
  }

  hasOwn({ epoch, seq }) {
    return seq !== undefined && this.#own.has(`${epoch}:${seq}`);
  }

  // onEnd() is called when it is no longer true.
  typing(id, name, onEnd) {
    clearTimeout(this.#typing.get(id)?.timer);
    this.#typing.set(id, { name, timer: setTimeout(() => {
      this.#typing.delete(id);
      onEnd();
    }, TYPING_MS) });
  }

  notTyping(id) {
    clearTimeout(this.#typing.get(id)?.timer);
    this.#typing.delete(id);
  }

  get typers() {
    return Array.from(this.#typing.values(), ({ name }) => name);
  }
}

export class Conversations {
  #roster;
  #container;
  #onMoved;
  #onTop;
  #turn = 0;
  rooms = [];
  privates = [];

  // onMoved(conversation): the reader reached the end or left it; onTop: reached the beginning.
  constructor({ roster, container, onMoved, onTop }) {
    this.#roster = roster;
    this.#container = container;
    this.#onMoved = onMoved;
    this.#onTop = onTop;
    this.everyone = this.#create({
      room: null, peerId: null, name: say("everyone"), isSelf: false,
    });
    this.rooms.push(this.everyone);
    this.current = this.everyone;
    this.everyone.log.show();
  }

  get all() {
    return [...this.rooms, ...this.privates];
  }

  get unread() {
    return this.all.reduce((sum, { unread }) => sum + unread, 0);
  }

  show(conversation) {
    if (conversation === this.current)
      return;
    this.current.log.hide();
    this.current = conversation;
    this.touch(conversation);
    if (!conversation.isPrivate)
      this.#roster.show(conversation.room);
    conversation.log.show();
  }

  touch(conversation) {
    conversation.touched = ++this.#turn;
  }

  findRoom(room) {
    return this.rooms.find((conversation) => conversation.room === room) ?? null;
  }

  // The conversation in this room, made if there is none. The home room keeps its place.
  inRoom(room) {
    const found = this.findRoom(room);

    if (found)
      return found;
    const made = this.#create({ room, peerId: null, name: room, isSelf: false });
    this.rooms.push(made);
    return made;
  }

  // The rooms we are in, the home room first; the others are over.
  keepRooms(rooms) {
    if (this.everyone.room === null && rooms.length > 0) {
      [this.everyone.room] = rooms;
      this.#roster.show(this.current.isPrivate ? this.everyone.room : this.current.room);
    }
    for (const conversation of this.rooms) {
      if (conversation !== this.everyone && !rooms.includes(conversation.room))
        this.close(conversation);
    }
  }

  // The home room keeps the word it has on this page.
  rename(conversation, room) {
    const other = this.findRoom(room);

    if (other && other !== conversation)
      this.close(other);
    conversation.room = room;
    if (conversation !== this.everyone)
      conversation.name = room;
    if (conversation === this.current)
      this.#roster.show(room);
  }

  privateWith(id) {
    return this.privates.find(({ peerId }) => peerId === id) ?? null;
  }

  // The conversation with this person, made if there is none.
  withPerson(id, name) {
    const isSelf = id === this.#roster.ownId;
    const found = this.privates.find((c) => (isSelf ? c.isSelf : c.peerId === id)) ??
      this.#comeback(id, name);

    if (found) {
      found.peerId = id;
      return found;
    }
    const made = this.#create({ room: null, peerId: id, name, isSelf });
    this.privates.push(made);
    this.touch(made);
    this.#boundNumber();
    return made;
  }

  close(conversation) {
    conversation.log.element.remove();
    this.privates = this.privates.filter((other) => other !== conversation);
    this.rooms = this.rooms.filter((other) => other !== conversation);
    if (conversation !== this.current)
      return;
    this.current = this.everyone;
    this.#roster.show(this.everyone.room);
    this.everyone.log.show();
  }

  // After each new list: people whose connection was replaced are found again by their name.
  followRoster() {
    const { own, isPartial } = this.#roster;

    for (const conversation of this.privates) {
      if (conversation.isSelf)
        conversation.peerId = own?.id ?? conversation.peerId;
      else if (!this.isOnline(conversation) && !isPartial)
        this.#rebindByName(conversation);
    }
  }

  isOnline(conversation) {
    return this.#roster.find(conversation.peerId) !== null;
  }

  #rebindByName(conversation) {
    const namesakes = this.#roster.named(conversation.name);
    const [only] = namesakes;

    if (namesakes.length !== 1 || only.id === this.#roster.ownId)
      return;
    if (this.privates.some(({ peerId }) => peerId === only.id))
      return;
    this.#rebind(conversation, only.id);
  }

  #comeback(id, name) {
    const gone = this.privates.find((conversation) => !conversation.isSelf &&
      conversation.name === name && !this.isOnline(conversation));

    if (gone && this.#roster.named(name).length <= 1)
      this.#rebind(gone, id);
    else
      return null;
    return gone;
  }

  // Names are free, so the one who comes back under a known name is said to be new.
  #rebind(conversation, id) {
    conversation.peerId = id;
    conversation.log.addNotice(
      sayNodes("samePersonMaybe", { name: isolated(conversation.name) }), now());
  }

  #create(details) {
    const conversation = new Conversation({
      ...details, onMoved: this.#onMoved, onTop: this.#onTop,
    });

    this.#container.append(conversation.log.element);
    return conversation;
  }

  // Strangers can open conversations with us; what was longest unused makes room.
  #boundNumber() {
    if (this.privates.length <= MAX_PRIVATE)
      return;
    const idle = this.privates.filter((conversation) => conversation !== this.current);
    idle.sort((a, b) => a.touched - b.touched);
    this.close(idle[0]);
  }
}
