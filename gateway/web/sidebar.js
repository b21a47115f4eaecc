// The column with conversations and people. Both lists are updated in place: only rows that
// changed are touched, so that lists of hundreds of people stay smooth.

import { avatar, byId, element, hueClass, icon, initials, isolated, keepOneTabStop,
  roveFocus } from "./elements.js";
import { language, say, sayCount } from "./i18n.js";

const FILTER_FROM = 10;
const collator = new Intl.Collator(language, { sensitivity: "base", numeric: true });

function badge(count) {
  const node = element("span", "badge", count > 99 ? "99+" : String(count));

  node.setAttribute("aria-label", sayCount("unread", count));
  return node;
}

// Moves the given rows into this order, touching only those that are out of place.
function arrange(list, rows) {
  const wanted = new Set(rows);
  for (const row of Array.from(list.children)) {
    if (!wanted.has(row))
      row.remove();
  }
  let place = list.firstElementChild;
  for (const row of rows) {
    if (row === place)
      place = place.nextElementSibling;
    else
      list.insertBefore(row, place);
  }
}

export class Sidebar {
  #roster;
  #conversations;
  #choose;
  #rows = new Map();
  #conversationList = byId("conversations");
  #people = byId("people");
  #filter = byId("people-filter");
  #conversationRows = new Map();

  // onPerson(id) and onConversation(conversation) are called when a row is chosen, onMore() for more
  // of the people.
  constructor({ roster, conversations, onPerson, onConversation, onMore }) {
    this.#roster = roster;
    this.#conversations = conversations;
    this.#choose = onConversation;
    this.#filter.addEventListener("input", () => this.#applyFilter());
    this.#people.addEventListener("click", (event) => {
      const row = event.target.closest("button");
      if (row)
        onPerson(row.dataset.id);
    });
    byId("more-people").addEventListener("click", onMore);
    roveFocus(this.#people);
    roveFocus(this.#conversationList);
  }

  draw() {
    this.#drawConversations();
    this.#drawPeople();
    this.#drawSelf();
  }

  #drawConversations() {
    const all = this.#conversations.all;
    const kept = new Set(all);

    for (const conversation of this.#conversationRows.keys()) {
      if (!kept.has(conversation))
        this.#conversationRows.delete(conversation);
    }
    arrange(this.#conversationList, all.map((each) => this.#conversationRow(each)));
    keepOneTabStop(this.#conversationList);
  }

  #conversationRow(conversation) {
    const { isPrivate, peerId, name, unread } = conversation;
    const online = !isPrivate || this.#conversations.isOnline(conversation);
    const current = conversation === this.#conversations.current;
    const state =
      `${peerId} ${name} ${online} ${unread} ${current} ${this.#roster.isAmbiguous(name)}`;
    const row = this.#conversationRows.get(conversation) ?? this.#newConversationRow(conversation);

    if (row.dataset.state === state)
      return row;
    row.dataset.state = state;
    const button = row.firstElementChild;
    const picture = isPrivate
      ? avatar(peerId, name)
      : element("span", "avatar room", icon("people"));
    button.className = online ? "row" : "row away";
    button.classList.toggle("has-unread", unread > 0);
    button.replaceChildren(picture, this.#label(peerId, name));
    if (unread > 0)
      button.append(badge(unread));
    if (current)
      button.setAttribute("aria-current", "true");
    else
      button.removeAttribute("aria-current");
    return row;
  }

  #newConversationRow(conversation) {
    const button = element("button", "row");
    const row = element("li", "", button);

    button.type = "button";
    button.tabIndex = -1;
    button.addEventListener("click", () => this.#choose(conversation));
    this.#conversationRows.set(conversation, row);
    return row;
  }

  // Two people may have one name; their ids tell them apart.
  #label(id, name) {
    const label = element("span", "label", isolated(name, "name"));

    if (id !== null && this.#roster.isAmbiguous(name))
      label.append(element("span", "id", id));
    return label;
  }

  #drawPeople() {
    const { users, total, ownId } = this.#roster;
    const order = Array.from(users.values());

    order.sort((a, b) => (b.id === ownId) - (a.id === ownId) || collator.compare(a.name, b.name));
    for (const id of this.#rows.keys()) {
      if (!users.has(id))
        this.#rows.delete(id);
    }
    const focused = document.activeElement?.closest?.("#people button")?.dataset.id;
    arrange(this.#people, order.map((user) => this.#personRow(user)));
    if (focused)
      this.#rows.get(focused)?.firstElementChild.focus();
    byId("people-count").textContent = String(total);
    this.#filter.hidden = users.size < FILTER_FROM;
    this.#applyFilter();
  }

  #personRow({ id, name }) {
    const state = `${name} ${id === this.#roster.ownId} ${this.#roster.isAmbiguous(name)}`;
    let row = this.#rows.get(id);

    if (row?.dataset.state === state)
      return row;
    const button = element("button", "row person", avatar(id, name, "present"),
      this.#label(id, name));
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.id = id;
    button.title = `${name} · ${id}`;
    if (id === this.#roster.ownId)
      button.append(element("span", "tag", say("you")));
    // The row itself stays, so that its place in the list and the scroll position do.
    row ??= element("li");
    row.replaceChildren(button);
    row.dataset.state = state;
    this.#rows.set(id, row);
    return row;
  }

  #applyFilter() {
    const wanted = this.#filter.hidden ? "" : this.#filter.value.trim().toLowerCase();
    let shown = 0;

    for (const [id, row] of this.#rows) {
      const name = this.#roster.users.get(id)?.name ?? "";
      row.hidden = !name.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    byId("no-match").hidden = wanted === "" || shown > 0;
    keepOneTabStop(this.#people);
  }

  #drawSelf() {
    const { own } = this.#roster;
    const picture = byId("own-avatar");

    byId("me").hidden = own === null;
    if (own === null)
      return;
    picture.className = `avatar ${hueClass(own.id)}`;
    picture.textContent = initials(own.name);
    byId("own-name").textContent = own.name;
  }
}

// On a narrow screen the column is a drawer: out of reach, for the keyboard too, while closed.
export class Drawer {
  #sidebar = byId("sidebar");
  #narrow = matchMedia("(max-width: 760px)");
  #opener = byId("open-drawer");
  #main = document.querySelector("main");

  constructor() {
    this.#opener.addEventListener("click", () => this.open());
    byId("close-drawer").addEventListener("click", () => this.close());
    byId("scrim").addEventListener("click", () => this.close());
    this.#sidebar.addEventListener("keydown", (event) => {
      if (event.key === "Escape")
        this.close();
    });
    this.#narrow.addEventListener("change", () => this.#set(false));
    this.#set(false);
  }

  open() {
    this.#set(true);
    byId("close-drawer").focus();
  }

  close() {
    const hadFocus = this.#sidebar.contains(document.activeElement);

    this.#set(false);
    if (hadFocus && this.#narrow.matches)
      this.#opener.focus();
  }

  #set(open) {
    document.body.classList.toggle("drawer-open", open);
    this.#opener.setAttribute("aria-expanded", String(open));
    this.#sidebar.inert = this.#narrow.matches && !open;
    this.#main.inert = this.#narrow.matches && open;
  }
}
