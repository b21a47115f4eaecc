// One conversation's messages on screen: grouped by sender, divided by day, bounded, and following
// the newest one as long as the reader is at the bottom.

import { avatar, element, isolated, oncePerFrame } from "./elements.js";
import { dayOf, minuteOf, say, sayCount, sayDay, sayNodes } from "./i18n.js";

const MAX_ENTRIES = 1000;
const GROUP_SECONDS = 180;
const BOTTOM_SLACK_PX = 48;

const secondsOf = (timestamp) => {
  const [hours, minutes, seconds] = timestamp.slice(11).split(":").map(Number);

  return hours * 3600 + minutes * 60 + seconds;
};

export class MessageLog {
  #entries = [];
  #day = "";
  #group = null;
  #crowd = null;
  #unreadMark = null;
  #pinned = true;
  #scrollTop = 0;
  #followedTo = -1;
  #onMoved;
  #follow;

  // intro is shown above everything; onMoved() is called when the reader reaches the bottom or
  // leaves it.
  constructor({ label, intro, introIsEmptyState, onMoved }) {
    this.#onMoved = onMoved;
    this.element = element("div", "log", intro);
    this.element.hidden = true;
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "log");
    this.element.setAttribute("aria-live", "polite");
    this.element.setAttribute("aria-label", label);
    this.element.classList.toggle("shows-empty-state", introIsEmptyState);
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#follow = oncePerFrame(() => this.#keepEnd());
    this.#pin(true);
    new ResizeObserver(() => this.#follow()).observe(this.element);
  }

  get atEnd() {
    return this.#pinned;
  }

  show() {
    this.element.hidden = false;
    this.element.scrollTop = this.#scrollTop;
    this.#keepEnd();
  }

  hide() {
    this.#scrollTop = this.element.scrollTop;
    this.element.hidden = true;
    this.clearUnreadMark();
  }

  scrollToEnd() {
    this.#pin(true);
    this.#keepEnd();
    this.#onMoved();
  }

  // message: { from, name, content, timestamp, own }
  addMessage(message) {
    this.element.classList.remove("shows-empty-state");
    this.#crowd = null;
    this.#openDay(message.timestamp);
    const group = this.#groupFor(message);
    const line = element("div", "message");
    const author = element("span", "for-screen-readers", `${message.name}: `);
    const text = element("span", "text");

    text.textContent = message.content;
    text.dir = "auto";
    line.title = message.timestamp;
    // The visible heading of the group is read once; each further line says its author again.
    line.append(author, text);
    group.lines.append(line);
    this.#entered(line);
  }

  addNotice(content, timestamp, className = "notice") {
    const notice = element("div", className, content);

    this.#group = null;
    this.#crowd = null;
    this.#openDay(timestamp);
    notice.title = timestamp;
    this.element.append(notice);
    this.#entered(notice);
    return notice;
  }

  // Joins (or leaves) that follow one another become one line, so that a reconnecting crowd does
  // not push the conversation off the screen.
  addComingOrGoing(kind, name, timestamp) {
    const crowd = this.#crowd;

    if (crowd?.kind === kind && crowd.line.isConnected && dayOf(timestamp) === this.#day) {
      crowd.others += 1;
      crowd.line.replaceChildren(sayNodes(`${kind}Many`, {
        name: isolated(crowd.name), count: String(crowd.others),
      }));
      return;
    }
    const line = this.addNotice(sayNodes(kind, { name: isolated(name) }), timestamp);
    this.#crowd = { kind, name, others: 0, line };
  }

  markUnread() {
    if (this.#unreadMark)
      return;
    this.#unreadMark = element("div", "unread-mark", say("newMessages"));
    this.#group = null;
    this.#crowd = null;
    this.element.append(this.#unreadMark);
  }

  clearUnreadMark() {
    this.#unreadMark?.remove();
    this.#unreadMark = null;
  }

  #groupFor({ from, name, timestamp, own }) {
    const last = this.#group;
    const at = secondsOf(timestamp);

    if (last && last.from === from && last.name === name && at - last.at < GROUP_SECONDS)
      return last;
    const lines = element("div", "lines");
    const time = element("time", "", minuteOf(timestamp));
    time.dateTime = timestamp.replace(" ", "T");
    const head = element("div", "head", isolated(name, "name"), time);
    head.setAttribute("aria-hidden", "true");
    const node = element("div", own ? "group own" : "group", avatar(from, name),
      element("div", "stack", head, lines));

    this.element.append(node);
    this.#group = { from, name, at, lines };
    return this.#group;
  }

  #openDay(timestamp) {
    const day = dayOf(timestamp);

    if (day === this.#day)
      return;
    this.#day = day;
    this.#group = null;
    this.element.append(element("div", "day", element("span", "", sayDay(day))));
  }

  #entered(node) {
    this.#entries.push(node);
    if (this.#entries.length > MAX_ENTRIES)
      this.#dropOldest();
    this.#follow();
  }

  #dropOldest() {
    const oldest = this.#entries.shift();
    const group = oldest.closest(".group");

    oldest.remove();
    if (group?.querySelector(".message"))
      return;
    group?.remove();
    // A day with nothing left under it goes with its last entry.
    for (const day of this.element.querySelectorAll(".day + .day"))
      day.previousElementSibling.remove();
  }

  #scrolled() {
    if (this.element.hidden)
      return;
    const { scrollTop, scrollHeight, clientHeight } = this.element;

    const wasPinned = this.#pinned;

    // We hear of our own scrolling late, when more may have come in below: the reader did nothing.
    if (wasPinned && Math.abs(scrollTop - this.#followedTo) < 2)
      return;
    this.#pin(scrollHeight - scrollTop - clientHeight < BOTTOM_SLACK_PX);
    if (this.#pinned !== wasPinned)
      this.#onMoved();
  }

  #pin(pinned) {
    this.#pinned = pinned;
    this.element.classList.toggle("at-end", pinned);
  }

  #keepEnd() {
    if (!this.#pinned || this.element.hidden)
      return;
    this.element.scrollTop = this.element.scrollHeight;
    this.#followedTo = this.element.scrollTop;
  }
}

export function emptyState(art) {
  const title = element("strong", "", say("emptyTitle"));
  const text = element("span", "", say("emptyText"));

  return element("div", "empty-state", art, title, text);
}

export function privateIntro(id, name, isSelf) {
  const sentence = isSelf
    ? say("introSelf")
    : sayNodes("introPrivate", { name: isolated(name) });

  return element("div", "private-intro", avatar(id, name, "large"), isolated(name, "name"),
    element("span", "", sentence));
}

export const sayNewBelow = (count) => (count > 0 ? sayCount("newBelow", count) : "");
