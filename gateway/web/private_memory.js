// Private conversations over a reload of this tab: what was received and read the server need not
// send again, and what one wrote oneself it sends to others only.

const KEPT = 300;

export class PrivateMemory {
  #store;
  #messages;

  // store(value) keeps a value for a reload and gives back what was kept.
  constructor(store) {
    const kept = store();

    this.#store = store;
    this.#messages = Array.isArray(kept) ? kept : [];
  }

  // message: as the chat shows it; partner: whom the conversation is with.
  note(message, partner) {
    this.#messages.push({ message, partner });
    if (this.#messages.length > KEPT)
      this.#messages.splice(0, this.#messages.length - KEPT);
    this.#store(this.#messages);
  }

  // Calls show(message, partner) for each, the oldest first.
  recall(show) {
    for (const { message, partner } of this.#messages)
      show(message, partner);
  }

  // Somebody else uses this tab.
  forget() {
    this.#messages = [];
    this.#store(this.#messages);
  }
}
