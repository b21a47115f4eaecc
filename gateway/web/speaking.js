// What is written goes out: to the room, to the person one talks to, or to whoever an @ names.

import { say } from "./i18n.js";

export class Speaking {
  #roster;
  #conversations;
  #composer;
  #protocol;
  #isOnline;
  #open;

  // protocol() is the one that is spoken, null before the first welcome; open(user) shows the
  // conversation with somebody.
  constructor({ roster, conversations, composer, protocol, isOnline, open }) {
    this.#roster = roster;
    this.#conversations = conversations;
    this.#composer = composer;
    this.#protocol = protocol;
    this.#isOnline = isOnline;
    this.#open = open;
  }

  // Whether text can be taken now: sent, or kept in sight until it is.
  get #takes() {
    return this.#protocol() !== null && (this.#isOnline() || this.#protocol().features.rooms);
  }

  submit(text) {
    const content = text.trim();

    if (content === "")
      return;
    if (!this.#takes)
      this.#composer.hint(say("notConnected"));
    else if (content.startsWith("@") && !content.startsWith("@@"))
      this.#mention(content);
    else
      // A doubled @ is how a public message starts with one.
      this.#here(content.startsWith("@@") ? content.slice(1) : content, text);
  }

  typing() {
    const { current } = this.#conversations;

    if (this.#isOnline() && this.#protocol()?.features.rooms && !current.isSelf)
      this.#protocol().typing(current);
  }

  #here(content, draft) {
    const { current } = this.#conversations;

    if (!current.isPrivate)
      this.#post({ conversation: current, draft, content, to: null });
    else if (this.#mayReach(current))
      this.#post({ conversation: current, draft, content, to: current.peerId });
    else
      this.#composer.hint(say("peerGone", { name: current.name }));
  }

  // A server with mailboxes knows better than we do who can still be written to.
  #mayReach(conversation) {
    return this.#protocol().features.rooms || this.#conversations.isOnline(conversation) ||
      this.#roster.isPartial;
  }

  #mention(content) {
    const rest = content.slice(1);
    const firstWord = /^\S*/u.exec(rest)[0];
    const name = this.#roster.addressee(rest);

    if (name !== null)
      this.#toName(name, rest.slice(name.length).trim());
    else if (firstWord === "")
      this.#composer.hint(say("emptyMention"));
    else if (this.#roster.isPartial && !this.#protocol().features.rooms)
      // Not everybody is on our list; the server knows unique names, too.
      this.#post({
        conversation: this.#conversations.current, draft: content,
        content: rest.slice(firstWord.length).trim(), to: firstWord,
      });
    else
      this.#composer.hint(say("nobodyCalled", { name: firstWord }));
  }

  #toName(name, content) {
    const namesakes = this.#roster.named(name);
    const others = namesakes.filter(({ id }) => id !== this.#roster.ownId);
    const [user] = others.length > 0 ? others : namesakes;

    if (others.length > 1) {
      this.#composer.hint(say("severalCalled", { name }));
      return;
    }
    this.#composer.clear();
    this.#open(user);
    if (content !== "")
      this.#post({
        conversation: this.#conversations.current, draft: content, content, to: user.id,
      });
  }

  #post({ conversation, draft, content, to }) {
    if (!this.#protocol().post({ conversation, draft, content, to })) {
      this.#composer.giveBack(conversation, draft);
      this.#composer.hint(say("notConnected"));
      return;
    }
    if (conversation === this.#conversations.current)
      this.#composer.clear();
    conversation.log.clearUnreadMark();
  }
}
