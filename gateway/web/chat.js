// What is heard, put where it belongs: protocols tell it here in words that all of them share, and
// conversations, lists and badges follow.

import { byId } from "./elements.js";
import { say, sayNodes } from "./i18n.js";

const FIRST_PAGE_IS_OLD_NEWS = { quiet: true };

export class Chat {
  #roster;
  #conversations;
  #refresh;
  #onServerLeaves;
  #onHubAway;
  #privates;
  #hasBeenOnline = false;
  protocol = null;
  lastError = "";
  // connection.online, as the page last saw it.
  online = false;

  // refresh() redraws what is not a conversation; onServerLeaves(ms) is told when to come back,
  // onHubAway(away) that nothing moves for now; privates remembers private messages.
  constructor({ roster, conversations, refresh, onServerLeaves, onHubAway, privates }) {
    this.#privates = privates;
    this.#roster = roster;
    this.#conversations = conversations;
    this.#refresh = refresh;
    this.#onServerLeaves = onServerLeaves;
    this.#onHubAway = onHubAway;
  }

  // Somebody new uses this window.
  begin() {
    this.#hasBeenOnline = false;
  }

  // The native protocol's welcome. heard: the rooms whose messages were heard before, so that
  // nothing is missing from them.
  welcomed({ rooms, heard }) {
    this.#conversations.keepRooms(rooms);
    for (const room of rooms) {
      if (heard.has(room))
        this.joinedOneself({ room, nothingMissed: true });
      else
        this.entered(room);
    }
    this.#refresh();
  }

  // A room that we were not in just now.
  entered(room) {
    const conversation = this.#conversations.inRoom(room);

    conversation.forgetNumbers();
    this.loadOlder(conversation);
    if (room === this.#conversations.everyone.room)
      this.joinedOneself({ room, nothingMissed: true });
    this.#refresh();
  }

  joinedOneself({ room, at, nothingMissed }) {
    const { log } = this.#conversations.inRoom(room);
    const words = this.#hasBeenOnline ? (nothingMissed ? "resumed" : "rejoined") : "youJoined";

    log.addNotice(say(words), at);
    this.#hasBeenOnline = true;
  }

  leftRoom({ room, reason, renamed }) {
    const conversation = this.#conversations.findRoom(room);

    if (!conversation)
      return;
    if (reason === "renamed")
      this.#conversations.rename(conversation, renamed);
    if (reason !== "wished") {
      const { log } = conversation === this.#conversations.everyone || reason === "renamed"
        ? conversation
        : this.#conversations.everyone;
      log.addNotice(say(`left_${reason}`, { room: renamed ?? room }), undefined, "announcement");
    }
    if (reason !== "renamed" && conversation !== this.#conversations.everyone)
      this.#conversations.close(conversation);
    this.#refresh();
  }

  rosterChanged({ replaced }) {
    if (replaced)
      this.#conversations.followRoster();
    this.#refresh();
  }

  cameOrWent({ kind, room, name, at }) {
    this.#conversations.inRoom(room).log.addComingOrGoing(kind, name, at);
  }

  announced(text, at) {
    const { everyone } = this.#conversations;
    const label = document.createElement("strong");
    const body = document.createElement("span");
    const line = document.createDocumentFragment();

    label.textContent = say("announcement");
    body.textContent = text;
    body.dir = "auto";
    line.append(label, body);
    this.arriving(everyone);
    everyone.log.addNotice(line, at, "announcement");
    this.#refresh();
  }

  // message: { room or peer, from, name, content, timestamp, own, epoch?, seq? }
  said(message) {
    const conversation = this.#conversationOf(message);

    if (message.own && conversation.hasOwn(message))
      return;
    this.#show(conversation, message);
  }

  // Our own message has its number.
  stored(conversation, message) {
    if (!conversation.hasOwn(message))
      this.#show(conversation, message);
  }

  // What this tab showed before it was reloaded.
  recall() {
    this.#privates.recall((message, partner) => {
      const conversation = this.#conversations.withPerson(partner.id, partner.name);

      conversation.log.addMessage(message);
      this.#conversations.touch(conversation);
    });
  }

  #show(conversation, message) {
    if (conversation.isPrivate && message.seq !== undefined)
      this.#privates.note(message, { id: conversation.peerId, name: conversation.name });
    if (!message.own)
      this.arriving(conversation);
    this.#conversations.touch(conversation);
    conversation.note(message);
    conversation.notTyping(message.from);
    conversation.log.addMessage(message);
    if (message.own)
      conversation.log.scrollToEnd();
    this.#refresh();
  }

  #conversationOf({ room, peer, name }) {
    if (peer === null)
      return this.#conversations.inRoom(room);
    return this.#conversations.withPerson(peer, this.#roster.find(peer)?.name ?? name);
  }

  // A gap that nothing can fill.
  missed(room) {
    const conversation = room === null
      ? this.#conversations.current
      : this.#conversations.inRoom(room);

    conversation.log.addNotice(say("missed"));
  }

  typed({ room, id, name }) {
    const conversation = room === null
      ? this.#conversations.privateWith(id)
      : this.#conversations.findRoom(room);

    conversation?.typing(id, name, this.#refresh);
    this.#refresh();
  }

  // Which of our messages an error without an id may mean is the protocol's to know.
  refused(sentence, show) {
    this.lastError = sentence;
    if (this.online)
      show();
  }

  hubAway(away) {
    this.#onHubAway(away);
  }

  serverLeaves(milliseconds) {
    this.#onServerLeaves(milliseconds);
  }

  // The messages before those that are shown.
  async loadOlder(conversation) {
    const { room, log } = conversation;

    if (!this.protocol?.features.rooms || !conversation.mayHaveOlder || conversation.loading)
      return;
    conversation.loading = true;
    const answer = await this.protocol.history(room, conversation.first?.seq);
    conversation.loading = false;
    if (answer === null)
      return;
    const older = answer.messages.filter((message) => conversation.isOlder(message))
      .map((message) => this.protocol.message({ ...message, room }));
    conversation.mayHaveOlder = Boolean(answer.more);
    for (const message of older)
      conversation.note(message, FIRST_PAGE_IS_OLD_NEWS);
    log.prependMessages(older, conversation.mayHaveOlder);
    this.#refresh();
  }

  isWatched(conversation) {
    return conversation === this.#conversations.current && !document.hidden &&
      conversation.log.atEnd;
  }

  arriving(conversation) {
    if (this.isWatched(conversation))
      return;
    if (conversation.unread === 0) {
      conversation.log.markUnread();
      this.#announceElsewhere(conversation);
    }
    conversation.unread += 1;
  }

  // A log that is hidden is not read aloud, and a badge is only seen.
  #announceElsewhere(conversation) {
    if (conversation.isPrivate && conversation !== this.#conversations.current)
      byId("news").textContent = say("privateFrom", { name: conversation.name });
  }

  seen() {
    const { current } = this.#conversations;

    if (this.isWatched(current))
      current.unread = 0;
    this.#refresh();
  }
}

// "Ana is writing", and for two and more.
export function sayTyping(names) {
  if (names.length === 0)
    return "";
  if (names.length > 2)
    return sayNodes("typingMany", { count: String(names.length) });
  return sayNodes(`typing${names.length}`, { name: names[0], other: names[1] ?? "" });
}
