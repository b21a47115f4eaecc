// What was sent to a server that numbers nothing, and not yet heard back: an echo is recognised by
// its content, an error is taken for the message it most likely speaks of, and no text is lost.

import { known, say } from "./i18n.js";

const SLOW_MS = 800;
const VERY_SLOW_MS = 8_000;

export const refusal = ({ code, content }) => (known(`error_${code}`)
  ? say(`error_${code}`)
  : say("failed", { reason: content || code }));

export class RoomOutbox {
  #sent = [];
  #composer;
  #timer = 0;

  constructor(composer) {
    this.#composer = composer;
  }

  // entry: { conversation, draft (what to give back), content, to (null when public) }
  add(entry) {
    this.#sent.push({ ...entry, at: performance.now() });
    this.#watch();
  }

  heard({ type, content }) {
    const isPrivate = type === "private";
    const index = this.#sent.findIndex((entry) => entry.content === content &&
      (entry.to !== null) === isPrivate);

    return this.#take(index);
  }

  sentTo(id) {
    return this.#sent.some(({ to }) => to === id);
  }

  refused({ code, content }) {
    const entry = this.#take(this.#likelyCulprit(code));

    if (entry)
      this.#composer.giveBack(entry.conversation, entry.draft);
    this.#composer.hint(refusal({ code, content }));
  }

  connectionLost() {
    for (const entry of this.#sent.splice(0).reverse()) {
      this.#composer.giveBack(entry.conversation, entry.draft);
      this.#composer.hint(say("lostBeforeConfirm"));
    }
    this.#watch();
  }

  #likelyCulprit(code) {
    if (code === "no_such_user")
      return this.#sent.findIndex(({ to }) => to !== null);
    if (code === "too_long") {
      const lengths = this.#sent.map(({ content }) => content.length);
      return lengths.indexOf(Math.max(...lengths));
    }
    return this.#sent.length > 0 ? 0 : -1;
  }

  #take(index) {
    const [entry] = index < 0 ? [] : this.#sent.splice(index, 1);

    this.#watch();
    return entry ?? null;
  }

  // Most answers arrive before anybody could read "sending", so it is only said when it takes long.
  #watch() {
    clearTimeout(this.#timer);
    const oldest = this.#sent[0];
    if (!oldest) {
      if (this.#composer.hintKind === "waiting")
        this.#composer.hint("");
      return;
    }
    const waited = performance.now() - oldest.at;
    if (waited >= SLOW_MS)
      this.#composer.hint(say(waited < VERY_SLOW_MS ? "sending" : "unconfirmed"), "waiting");
    const nextStage = waited < SLOW_MS ? SLOW_MS : VERY_SLOW_MS;
    if (waited < nextStage)
      this.#timer = setTimeout(() => this.#watch(), nextStage - waited + 1);
  }
}
