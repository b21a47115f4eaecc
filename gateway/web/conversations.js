// The conversations of this page: one with everyone, and a private one per person. It decides which
// conversation a person belongs to, also when a reconnection gave that person another id.

import { icon, isolated } from "./elements.js";
import { now, say, sayNodes } from "./i18n.js";
import { emptyState, MessageLog, privateIntro } from "./messages.js";

const MAX_PRIVATE = 200;

class Conversation {
  unread = 0;
  draft = "";
  touched = 0;

  // peerId null: with everyone
  constructor({ peerId, name, isSelf, onMoved }) {
    this.peerId = peerId;
    this.name = name;
    this.isSelf = isSelf;
    const label = peerId === null ? say("everyone") : name;
    const intro = peerId === null
      ? emptyState(icon("bubbles"))
      : privateIntro(peerId, name, isSelf);

    this.log = new MessageLog({
      label, intro, introIsEmptyState: peerId === null, onMoved: () => onMoved(this),
    });
  }

  get isPrivate() {
    return this.peerId !== null;
  }
}

export class Conversations {
  #roster;
  #container;
  #onMoved;
  #turn = 0;
  privates = [];

  constructor(roster, container, onMoved) {
    this.#roster = roster;
    this.#container = container;
    this.#onMoved = onMoved;
    this.everyone = this.#create({ peerId: null, name: say("everyone"), isSelf: false });
    this.current = this.everyone;
    this.everyone.log.show();
  }

  get all() {
    return [this.everyone, ...this.privates];
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
    conversation.log.show();
  }

  touch(conversation) {
    conversation.touched = ++this.#turn;
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
    const made = this.#create({ peerId: id, name, isSelf });
    this.privates.push(made);
    this.touch(made);
    this.#boundNumber();
    return made;
  }

  close(conversation) {
    conversation.log.element.remove();
    this.privates = this.privates.filter((other) => other !== conversation);
    if (conversation === this.current) {
      this.current = this.everyone;
      this.everyone.log.show();
    }
  }

  // After each new list: people whose connection was replaced are found again by their name.
  followRoster() {
    const { users, own, isPartial } = this.#roster;

    for (const conversation of this.privates) {
      if (conversation.isSelf)
        conversation.peerId = own?.id ?? conversation.peerId;
      else if (!users.has(conversation.peerId) && !isPartial)
        this.#rebindByName(conversation);
    }
  }

  isOnline(conversation) {
    return this.#roster.users.has(conversation.peerId);
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
    const conversation = new Conversation({ ...details, onMoved: this.#onMoved });

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
