// The box one writes in: keys, growing, a draft for each conversation, suggestions behind an @.

import { avatar, byId, element, isolated } from "./elements.js";

const SUGGESTIONS = 6;
const growsByItself = CSS.supports("field-sizing", "content");

export class Composer {
  #box = byId("draft");
  #hint = byId("hint");
  #list = byId("suggestions");
  #roster;
  #onPick;
  #onTyping;
  #active = -1;
  #suggested = [];
  #shown = null;

  // onSubmit(text) gets what was written; onPick(user) a suggestion whose name is not unique;
  // onTyping() is called while something is being written.
  constructor({ roster, onSubmit, onPick, onTyping }) {
    this.#roster = roster;
    this.#onPick = onPick;
    this.#onTyping = onTyping;
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.hint("");
      onSubmit(this.#box.value);
    });
    this.#box.addEventListener("input", () => {
      this.#changed();
      if (this.#box.value !== "" && !this.#box.value.startsWith("@"))
        this.#onTyping();
      if (this.hintKind === "error")
        this.hint("");
    });
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#box.addEventListener("blur", () => this.#suggest([]));
    this.#list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      // Keeps the focus in the box, so that the list does not vanish before the click.
      event.preventDefault();
      if (option)
        this.#pick(this.#suggested[Number(option.dataset.index)]);
    });
  }

  // Puts a conversation's own draft into the box and keeps the one that was there.
  show(conversation, placeholder) {
    if (this.#shown)
      this.#shown.draft = this.#box.value;
    this.#shown = conversation;
    this.#box.placeholder = placeholder;
    this.#set(conversation.draft);
    this.hint("");
  }

  clear() {
    this.#set("");
  }

  // Text that was not sent comes back in front of what has been written since.
  giveBack(conversation, text) {
    const isShown = conversation === this.#shown;
    const since = isShown ? this.#box.value : conversation.draft;
    const both = since ? `${text}\n${since}` : text;

    if (isShown)
      this.#set(both);
    conversation.draft = both;
  }

  hint(text, kind = "error") {
    this.#hint.textContent = text;
    this.#hint.className = text ? `hint ${kind}` : "hint";
  }

  get hintKind() {
    return this.#hint.classList[1] ?? "";
  }

  focus() {
    this.#box.focus({ preventScroll: true });
  }

  #set(text) {
    this.#box.value = text;
    this.#changed();
  }

  #changed() {
    if (!growsByItself) {
      this.#box.style.height = "auto";
      this.#box.style.height = `${this.#box.scrollHeight}px`;
    }
    const prefix = /^@([^@\n]{0,64})$/u.exec(this.#box.value)?.[1];
    this.#suggest(prefix === undefined ? [] : this.#roster.startingWith(prefix, SUGGESTIONS));
  }

  #pressed(event) {
    // An input method uses the same keys to choose characters (229: Safari, which ends the
    // composition before it reports the key).
    if (event.isComposing || event.keyCode === 229)
      return;
    if (this.#suggested.length > 0 && this.#pressedInList(event)) {
      event.preventDefault();
      return;
    }
    const isModified = event.shiftKey || event.ctrlKey || event.altKey || event.metaKey;
    if (event.key === "Enter" && !isModified) {
      event.preventDefault();
      byId("composer").requestSubmit();
    }
  }

  #pressedInList({ key, shiftKey }) {
    const count = this.#suggested.length;
    const actions = {
      ArrowDown: () => this.#activate((this.#active + 1) % count),
      ArrowUp: () => this.#activate((this.#active + count - 1) % count),
      Tab: () => this.#pick(this.#suggested[this.#active]),
      Enter: () => this.#pick(this.#suggested[this.#active]),
      Escape: () => this.#suggest([]),
    };
    const action = shiftKey ? null : actions[key];

    action?.();
    return Boolean(action);
  }

  #suggest(users) {
    this.#suggested = users;
    this.#list.hidden = users.length === 0;
    this.#list.replaceChildren(...users.map((user, index) => this.#option(user, index)));
    this.#activate(users.length > 0 ? 0 : -1);
  }

  #option({ id, name }, index) {
    const option = element("li", "row", avatar(id, name), isolated(name, "name"));

    if (this.#roster.isAmbiguous(name))
      option.append(element("span", "id", id));
    option.id = `suggestion-${index}`;
    option.dataset.index = String(index);
    option.setAttribute("role", "option");
    return option;
  }

  #activate(index) {
    this.#active = index;
    for (const [at, option] of Array.from(this.#list.children).entries())
      option.setAttribute("aria-selected", String(at === index));
    if (index < 0)
      this.#box.removeAttribute("aria-activedescendant");
    else
      this.#box.setAttribute("aria-activedescendant", `suggestion-${index}`);
  }

  #pick(user) {
    if (this.#roster.isAmbiguous(user.name)) {
      this.clear();
      this.#onPick(user);
      return;
    }
    this.#set(`@${user.name} `);
    this.#suggest([]);
    this.focus();
  }
}
