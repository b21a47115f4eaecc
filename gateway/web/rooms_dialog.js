// The dialog that lists rooms, and enters one.

import { byId, element, icon } from "./elements.js";
import { say, sayCount } from "./i18n.js";
import { refusal } from "./outbox.js";

const PAGES_MAX = 20;

export class RoomsDialog {
  #dialog = byId("rooms-dialog");
  #list = byId("rooms");
  #problem = byId("rooms-problem");
  #name = byId("room-name");
  #protocol;
  #title;
  #onEntered;

  // title(room) is what the page calls it; onEntered(room) is called once the server let us in, or
  // we were in already.
  constructor({ protocol, title, onEntered }) {
    this.#protocol = protocol;
    this.#title = title;
    this.#onEntered = onEntered;
    byId("open-rooms").addEventListener("click", () => this.#open());
    byId("rooms-close").addEventListener("click", () => this.#dialog.close());
    byId("rooms-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter(this.#name.value.trim().toLowerCase());
    });
    this.#list.addEventListener("click", (event) => {
      const row = event.target.closest("button");
      if (row)
        this.#enter(row.dataset.room);
    });
  }

  async #open() {
    this.#problem.textContent = "";
    this.#name.value = "";
    this.#list.replaceChildren();
    this.#dialog.showModal();
    for (let after = "", page = 0; page < PAGES_MAX; page++) {
      const answer = await this.#protocol().rooms(after);
      if (answer?.type !== "rooms")
        break;
      this.#list.append(...answer.rooms.map((room) => this.#row(room)));
      after = answer.rooms.at(-1)?.room;
      if (!answer.more || after === undefined)
        break;
    }
    if (this.#list.children.length === 0)
      this.#list.append(element("li", "no-match", say("noRooms")));
  }

  #row({ room, members }) {
    const name = element("span", "name", this.#title(room));
    const button = element("button", "row", element("span", "avatar room", icon("people")),
      element("span", "label", name, element("span", "id", sayCount("members", members))));

    button.type = "button";
    button.dataset.room = room;
    return element("li", "", button);
  }

  async #enter(room) {
    if (room === "")
      return;
    const answer = await this.#protocol().join(room);

    if (answer?.type === "error" && answer.code !== "already_member") {
      this.#problem.textContent = refusal(answer);
      return;
    }
    if (answer === null) {
      this.#problem.textContent = say("notConnected");
      return;
    }
    this.#dialog.close();
    this.#onEntered(room);
  }
}
