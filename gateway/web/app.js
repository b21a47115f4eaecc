// Puts the page together: frames go in, conversations and lists change, what people do goes out.

import { Composer, Outbox } from "./composer.js";
import { Connection } from "./connection.js";
import { Conversations } from "./conversations.js";
import { byId, isolated, oncePerFrame } from "./elements.js";
import { now, say, sayCount, sayNodes, translatePage } from "./i18n.js";
import { sayNewBelow } from "./messages.js";
import { Roster } from "./roster.js";
import { Drawer, Sidebar } from "./sidebar.js";

// Notices of the room protocol come as Chinese sentences; these two are said in the reader's own
// language.
const JOIN_SUFFIX = " 进入聊天室";
const LEAVE_SUFFIX = " 已离开";
const MAX_NAME = 64;
// Joining takes milliseconds; when it takes longer, people should know what they wait for.
const SLOW_JOIN_MS = 2_000;

translatePage(document);

const roster = new Roster();
const conversations = new Conversations(roster, byId("logs"), () => seen());
const composer = new Composer({ roster, onSubmit: submit, onPick: openPerson });
const outbox = new Outbox(composer);
const drawer = new Drawer();
const sidebar = new Sidebar({
  roster, conversations, onConversation: open, onPerson: (id) => openPerson(roster.users.get(id)),
});
const address = new URL("/ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const refresh = oncePerFrame(draw);
const connection = new Connection(address.href, { onState: stateChanged, onFrame: received });

let ownName = "";
let hasBeenOnline = false;
let awaitsOwnNotice = false;
let lastError = "";
let countdown = 0;
let slowJoin = 0;

const receivers = {
  user_list: receivedList,
  system: receivedNotice,
  public: receivedMessage,
  private: receivedMessage,
  error: receivedError,
};

// Servers may send kinds this page does not know yet; those are not for us.
function received(frame) {
  const receive = Object.hasOwn(receivers, frame.type) ? receivers[frame.type] : null;

  receive?.(frame);
}

function receivedList(frame) {
  if (!Array.isArray(frame.users))
    return;
  roster.replace(frame);
  conversations.followRoster();
  refresh();
}

function receivedNotice({ content, timestamp }) {
  const text = String(content);
  const at = timestamp ? String(timestamp) : now();
  const { log } = conversations.everyone;

  if (text.endsWith(JOIN_SUFFIX))
    return noticeJoin(text.slice(0, -JOIN_SUFFIX.length), at);
  if (text.endsWith(LEAVE_SUFFIX))
    return log.addComingOrGoing("left", text.slice(0, -LEAVE_SUFFIX.length), at);
  const label = document.createElement("strong");
  label.textContent = say("announcement");
  const body = document.createElement("span");
  body.textContent = text;
  body.dir = "auto";
  const line = document.createDocumentFragment();
  line.append(label, body);
  arriving(conversations.everyone);
  log.addNotice(line, at, "announcement");
  return refresh();
}

function noticeJoin(name, at) {
  const { log } = conversations.everyone;

  if (!awaitsOwnNotice || name !== (roster.own?.name ?? ownName)) {
    log.addComingOrGoing("joined", name, at);
    return;
  }
  awaitsOwnNotice = false;
  log.addNotice(say(hasBeenOnline ? "rejoined" : "youJoined"), at);
  hasBeenOnline = true;
}

function receivedMessage(frame) {
  const isPrivate = frame.type === "private";
  const from = String(frame.from);
  const to = String(frame.to);
  const name = String(frame.sender_name);
  const content = String(frame.content);

  if (isPrivate)
    roster.correctOwn({ from, to }, outbox.sentTo(to));
  const own = from === roster.ownId;
  if (own)
    outbox.heard({ type: frame.type, content });
  const conversation = isPrivate ? privateWith(own ? to : from, name) : conversations.everyone;
  if (!own)
    arriving(conversation);
  conversations.touch(conversation);
  const timestamp = frame.timestamp ? String(frame.timestamp) : now();
  conversation.log.addMessage({ from, name, content, timestamp, own });
  if (own)
    conversation.log.scrollToEnd();
  refresh();
}

function privateWith(id, senderName) {
  return conversations.withPerson(id, roster.users.get(id)?.name ?? senderName);
}

function receivedError({ code, content }) {
  lastError = String(content ?? code);
  if (connection.online)
    outbox.refused({ code: String(code), content: lastError });
}

function submit(text) {
  const content = text.trim();

  if (content === "")
    return;
  if (!connection.online)
    composer.hint(say("notConnected"));
  else if (content.startsWith("@") && !content.startsWith("@@"))
    submitMention(content);
  else
    // A doubled @ is how a public message starts with one.
    submitHere(content.startsWith("@@") ? content.slice(1) : content, text);
}

function submitHere(content, draft) {
  const { current } = conversations;

  if (!current.isPrivate)
    post({ conversation: current, draft, content, to: null });
  else if (conversations.isOnline(current) || roster.isPartial)
    post({ conversation: current, draft, content, to: current.peerId });
  else
    composer.hint(say("peerGone", { name: current.name }));
}

function submitMention(content) {
  const rest = content.slice(1);
  const firstWord = /^\S*/u.exec(rest)[0];
  const name = roster.addressee(rest);

  if (name !== null)
    submitTo(name, rest.slice(name.length).trim());
  else if (firstWord === "")
    composer.hint(say("emptyMention"));
  else if (roster.isPartial)
    // Not everybody is on our list; the server knows unique names, too.
    post({
      conversation: conversations.current, draft: content,
      content: rest.slice(firstWord.length).trim(), to: firstWord,
    });
  else
    composer.hint(say("nobodyCalled", { name: firstWord }));
}

function submitTo(name, content) {
  const namesakes = roster.named(name);
  const others = namesakes.filter(({ id }) => id !== roster.ownId);
  const [user] = others.length > 0 ? others : namesakes;

  if (others.length > 1) {
    composer.hint(say("severalCalled", { name }));
    return;
  }
  composer.clear();
  openPerson(user);
  if (content !== "")
    post({ conversation: conversations.current, draft: content, content, to: user.id });
}

function post({ conversation, draft, content, to }) {
  const frame = to === null ? { type: "public", content } : { type: "private", content, to };

  if (!connection.send(frame)) {
    composer.giveBack(conversation, draft);
    composer.hint(say("notConnected"));
    return;
  }
  outbox.add({ conversation, draft, content, to });
  if (conversation === conversations.current)
    composer.clear();
  conversation.log.clearUnreadMark();
}

function openPerson(user) {
  if (user)
    open(conversations.withPerson(user.id, user.name));
}

function open(conversation) {
  conversations.show(conversation);
  shown();
  drawer.close();
  // On a touch screen the keyboard would cover what one came to read.
  if (!matchMedia("(pointer: coarse)").matches)
    composer.focus();
}

function shown() {
  const { current } = conversations;
  const placeholder = current.isPrivate
    ? say("placeholderPrivate", { name: current.name })
    : say("placeholderEveryone");

  composer.show(current, placeholder);
  seen();
}

const isWatched = (conversation) =>
  conversation === conversations.current && !document.hidden && conversation.log.atEnd;

function arriving(conversation) {
  if (isWatched(conversation))
    return;
  if (conversation.unread === 0) {
    conversation.log.markUnread();
    announceElsewhere(conversation);
  }
  conversation.unread += 1;
}

// A log that is hidden is not read aloud, and a badge is only seen.
function announceElsewhere(conversation) {
  if (conversation.isPrivate && conversation !== conversations.current)
    byId("news").textContent = say("privateFrom", { name: conversation.name });
}

function seen() {
  if (isWatched(conversations.current))
    conversations.current.unread = 0;
  refresh();
}

function draw() {
  const { current, unread } = conversations;
  const elsewhere = unread - current.unread;

  document.title = unread > 0 ? `(${unread}) Hubbub` : "Hubbub";
  byId("menu-badge").textContent = elsewhere > 99 ? "99+" : String(elsewhere);
  byId("menu-badge").hidden = elsewhere === 0;
  byId("jump").hidden = current.log.atEnd;
  byId("jump-text").textContent = sayNewBelow(current.unread) || say("latest");
  byId("close-conversation").hidden = !current.isPrivate;
  byId("title").replaceChildren(isolated(current.name, "name"));
  byId("subtitle").textContent = subtitle(current);
  sidebar.draw();
}

function subtitle(current) {
  if (!current.isPrivate)
    return connection.online ? sayCount("peopleOnline", roster.total) : "";
  if (current.isSelf)
    return say("notesToSelf");
  if (!connection.online)
    return say("private");
  if (!conversations.isOnline(current))
    return say(roster.isPartial ? "private" : "privateOffline");
  const words = say("privateOnline");
  return roster.isAmbiguous(current.name) ? `${words} · ${current.peerId}` : words;
}

const stateWords = {
  idle: "stateIdle", connecting: "stateConnecting", joining: "stateJoining",
  online: "stateOnline", waiting: "stateWaiting", ended: "stateEnded",
};

function stateChanged(state) {
  const retries = state.phase === "connecting" && state.failures > 0;

  byId("status").dataset.state = retries ? "waiting" : state.phase;
  byId("status-text").textContent = say(retries ? "stateWaiting" : stateWords[state.phase]);
  document.body.classList.toggle("is-online", state.phase === "online");
  clearInterval(countdown);
  clearTimeout(slowJoin);
  byId("countdown").textContent = "";
  if (state.phase === "connecting")
    prepareJoin();
  if (["idle", "waiting", "ended"].includes(state.phase))
    outbox.connectionLost();
  showBanner(state, retries);
  refresh();
}

function prepareJoin() {
  roster.expect(ownName);
  awaitsOwnNotice = true;
  lastError = "";
}

function showBanner(state, retries) {
  if (state.phase === "waiting")
    showWaiting(state);
  else if (state.phase === "ended")
    showEnded(state);
  else if (retries)
    banner("waiting", say("bannerConnecting"), null);
  else if (state.phase === "joining")
    slowJoin = setTimeout(() => banner("waiting", say("bannerJoining")), SLOW_JOIN_MS);
  else
    banner(null);
}

// kind null hides it; action null shows no button.
function banner(kind, text = "", action = null) {
  const node = byId("banner");
  const button = byId("banner-action");

  node.hidden = kind === null;
  node.className = `banner ${kind ?? ""}`;
  byId("banner-text").replaceChildren(text);
  button.hidden = action === null;
  button.textContent = action?.label ?? "";
  button.onclick = action?.run ?? null;
}

function showWaiting({ code, retryAt }) {
  const tick = () => {
    const seconds = Math.max(1, Math.ceil((retryAt - performance.now()) / 1000));
    byId("countdown").textContent = say("inSeconds", { count: seconds });
  };

  banner("waiting", say(code === 1013 ? "bannerBusy" : "bannerWaiting"),
    { label: say("tryNow"), run: () => connection.retryNow() });
  tick();
  countdown = setInterval(tick, 500);
}

function showEnded({ reason, wasOnline }) {
  const why = reason || lastError || say("noReason");

  if (!wasOnline) {
    banner(null);
    askName(say("bannerEnded", { reason: why }));
    return;
  }
  const quoted = isolated(why);
  banner("ended", sayNodes("bannerEnded", { reason: quoted }),
    { label: say("rejoin"), run: () => connection.join(ownName) });
}

// This tab keeps its name over a reload; other tabs only find it filled in. Storage may be refused.
function remembered(storage, value) {
  try {
    if (value !== undefined)
      globalThis[storage].setItem("hubbub-name", value);
    return globalThis[storage].getItem("hubbub-name") ?? "";
  } catch {
    return "";
  }
}

// As the server cleans names, so that we find ourselves in the list by the one we asked for. What
// is seen as nothing goes: other code points (controls, format, unassigned), fillers, selectors.
const INVISIBLE = new RegExp(
  "[\\p{C}\\p{Zl}\\p{Zp}\\u034f\\u115f\\u1160\\u2800\\u3164\\uffa0" +
  "\\u180b-\\u180f\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]", "gu");

function cleaned(name) {
  const visible = name.replace(INVISIBLE, "").normalize("NFC").trim();

  return Array.from(visible).slice(0, MAX_NAME).join("").trim();
}

function askName(problem = "") {
  const dialog = byId("name-dialog");
  const input = byId("name");

  input.value = ownName || remembered("localStorage");
  byId("name-problem").textContent = problem;
  byId("name-cancel").hidden = !connection.online;
  byId("name-submit").textContent = say(connection.online ? "rename" : "join");
  byId("dialog-title").textContent = say(connection.online ? "changeName" : "dialogTitle");
  if (!dialog.open)
    dialog.showModal();
  input.select();
}

function join(name) {
  ownName = name;
  hasBeenOnline = false;
  remembered("sessionStorage", name);
  remembered("localStorage", name);
  byId("name-dialog").close();
  connection.join(name);
  if (!matchMedia("(pointer: coarse)").matches)
    composer.focus();
}

byId("name-form").addEventListener("submit", (event) => {
  const name = cleaned(byId("name").value);

  event.preventDefault();
  if (name === "")
    byId("name-problem").textContent = say("nameNeeded");
  else if (connection.online && name === ownName)
    byId("name-dialog").close();
  else
    join(name);
});
byId("name-cancel").addEventListener("click", () => byId("name-dialog").close());
// Without a name there is nothing behind the dialog to go back to.
byId("name-dialog").addEventListener("cancel", (event) => {
  if (!connection.online)
    event.preventDefault();
});
byId("name-dialog").addEventListener("close", () => {
  if (ownName === "")
    askName();
});
byId("change-name").addEventListener("click", () => askName());
byId("jump").addEventListener("click", () => {
  conversations.current.log.scrollToEnd();
  composer.focus();
});
byId("close-conversation").addEventListener("click", () => {
  conversations.close(conversations.current);
  shown();
  composer.focus();
});
document.addEventListener("visibilitychange", seen);

for (const node of document.querySelectorAll(".address"))
  node.textContent = location.host;
shown();
if (remembered("sessionStorage"))
  join(remembered("sessionStorage"));
else
  askName();
