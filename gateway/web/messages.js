// One conversation's messages on screen: grouped by sender, divided by day, bounded, growing upwards
// on demand, and following the newest one as long as the reader is at the bottom.

import { avatar, element, isolated, oncePerFrame } from "./elements.js";
import { dayOf, minuteOf, now, say, sayCount, sayDay, sayNodes } from "./i18n.js";

const MAX_ENTRIES = 1000;
// While somebody reads what was said before, nothing is taken away above; but not without end.
const MAX_ENTRIES_READING = 5000;
const TOP_SLACK_PX = 200;
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
  #onTop;
  #follow;
  #intro;

  // intro is shown above everything; onMoved() is called when the reader reaches the bottom or
  // leaves it, onTop() when what is above might be wanted.
  constructor({ label, intro, introIsEmptyState, onMoved, onTop }) {
    this.#onMoved = onMoved;
    this.#onTop = onTop;
    this.#intro = intro;
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

  get isEmpty() {
    return this.#entries.length === 0;
  }

  clear() {
    const pending = this.#entries.filter((line) => line.classList.contains("pending"));

    this.#entries = [];
    this.#day = "";
    this.#group = null;
    this.#crowd = null;
    this.#unreadMark = null;
    this.element.replaceChildren(this.#intro);
    // What was written and not yet answered for stays in sight.
    for (const line of pending)
      this.#append(line.closest(".group") ?? line, line);
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
    const line = messageLine(message);
    const last = this.#group;

    if (last && continues(last, message)) {
      last.lines.append(line);
    } else {
      this.#group = newGroup(message);
      this.#group.lines.append(line);
      this.element.append(this.#group.node);
    }
    this.#entered(line);
    this.#keepPendingLast();
  }

  // What we wrote and the server has not yet taken: shown at the end, pale. The line is for
  // markFailed and remove.
  addPending(content, own) {
    const message = {
      from: own?.id ?? "", name: own?.name ?? "", content, timestamp: now(), own: true,
    };
    const { node, lines } = newGroup(message);
    const line = messageLine(message);

    this.element.classList.remove("shows-empty-state");
    node.classList.add("pending-group");
    line.classList.add("pending");
    line.append(element("span", "delivery", say("sending")));
    lines.append(line);
    this.#append(node, line);
    this.scrollToEnd();
    return line;
  }

  // again() is called when the reader wants to try once more.
  markFailed(line, reason, again) {
    const retry = element("button", "retry", say("retry"));

    retry.type = "button";
    retry.addEventListener("click", again, { once: true });
    line.classList.add("failed");
    line.querySelector(".delivery")?.replaceChildren(element("span", "", reason), " ", retry);
    this.#follow();
  }

  remove(line) {
    const group = line.closest(".group");

    this.#entries = this.#entries.filter((entry) => entry !== line);
    line.remove();
    if (group && !group.querySelector(".message"))
      group.remove();
  }

  // Older messages, oldest first, above what is there; the reader sees what was seen before.
  prependMessages(messages, hasMore) {
    const { element: log } = this;
    const fromEnd = log.scrollHeight - log.scrollTop;
    const fragment = document.createDocumentFragment();
    const lines = [];
    let day = "";
    let group = null;

    for (const message of messages) {
      if (dayOf(message.timestamp) !== day) {
        day = dayOf(message.timestamp);
        fragment.append(dayLine(day));
        group = null;
      }
      if (!group || !continues(group, message)) {
        group = newGroup(message);
        fragment.append(group.node);
      }
      lines.push(messageLine(message));
      group.lines.append(lines.at(-1));
    }
    this.#entries.unshift(...lines);
    this.#insertAbove(fragment, day);
    log.classList.toggle("has-older", hasMore);
    if (lines.length > 0)
      log.classList.remove("shows-empty-state");
    log.scrollTop = log.scrollHeight - fromEnd;
    this.#scrollTop = log.scrollTop;
    this.#keepEnd();
  }

  // The day that begins below may have begun above.
  #insertAbove(fragment, lastDay) {
    const first = this.#intro.nextElementSibling;

    if (first?.matches(".day") && first.dataset.day === lastDay)
      first.remove();
    if (this.#day === "")
      this.#day = lastDay;
    this.#intro.after(fragment);
  }

  addNotice(content, timestamp = now(), className = "notice") {
    const notice = element("div", className, content);

    this.#group = null;
    this.#crowd = null;
    this.#openDay(timestamp);
    notice.title = timestamp;
    this.#append(notice, notice);
    this.#keepPendingLast();
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

  #openDay(timestamp) {
    const day = dayOf(timestamp);

    if (day === this.#day)
      return;
    this.#day = day;
    this.#group = null;
    this.element.append(dayLine(day));
  }

  // entry: the part of node that counts.
  #append(node, entry) {
    this.element.append(node);
    this.#entered(entry);
  }

  #keepPendingLast() {
    for (const group of this.element.querySelectorAll(":scope > .pending-group"))
      this.element.append(group);
  }

  #entered(node) {
    this.#entries.push(node);
    if (this.#entries.length > (this.#pinned ? MAX_ENTRIES : MAX_ENTRIES_READING))
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

    if (scrollTop < TOP_SLACK_PX)
      this.#onTop();
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

function messageLine({ name, content, timestamp, own, seq }) {
  const line = element("div", "message");
  const author = element("span", "for-screen-readers", `${name}: `);
  const text = element("span", "text");

  text.textContent = content;
  text.dir = "auto";
  line.title = timestamp;
  // The visible heading of the group is read once; each further line says its author again.
  line.append(author, text);
  if (own && seq !== undefined)
    line.append(storedMark());
  return line;
}

function storedMark() {
  const mark = element("span", "delivery", "✓");

  mark.title = say("stored");
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", say("stored"));
  return mark;
}

function newGroup({ from, name, timestamp, own }) {
  const lines = element("div", "lines");
  const time = element("time", "", minuteOf(timestamp));

  time.dateTime = timestamp.replace(" ", "T");
  const head = element("div", "head", isolated(name, "name"), time);
  head.setAttribute("aria-hidden", "true");
  const node = element("div", own ? "group own" : "group", avatar(from, name),
    element("div", "stack", head, lines));
  return { from, name, at: secondsOf(timestamp), lines, node };
}

const continues = (group, { from, name, timestamp }) => group.from === from &&
  group.name === name && secondsOf(timestamp) - group.at < GROUP_SECONDS;

function dayLine(day) {
  const line = element("div", "day", element("span", "", sayDay(day)));

  line.dataset.day = day;
  return line;
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
