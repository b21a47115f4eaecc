// Puts the page together: which protocol is spoken, the state of the connection, the name.

import { Chat, sayTyping } from "./chat.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Conversations } from "./conversations.js";
import { byId, isolated, oncePerFrame } from "./elements.js";
import { say, sayCount, sayNodes, translatePage } from "./i18n.js";
import { sayNewBelow } from "./messages.js";
import { PrivateMemory } from "./private_memory.js";
import { NativeProtocol, SUBPROTOCOL } from "./protocol_native.js";
import { RoomProtocol } from "./protocol_room.js";
import { RoomsDialog } from "./rooms_dialog.js";
import { Roster } from "./roster.js";
import { Drawer, Sidebar } from "./sidebar.js";
import { Speaking } from "./speaking.js";

const MAX_NAME = 64;
// Joining takes milliseconds; when it takes longer, people should know what they wait for.
const SLOW_JOIN_MS = 2_000;

translatePage(document);

const refresh = oncePerFrame(draw);
const roster = new Roster();
const conversations = new Conversations({
  roster, container: byId("logs"), onMoved: () => chat.seen(),
  onTop: (conversation) => chat.loadOlder(conversation),
});
const chat = new Chat({
  roster, conversations, refresh, onServerLeaves: (delay) => connection.comeBackAfter(delay),
  onHubAway: hubAway,
  privates: new PrivateMemory((value) => kept("hubbub-private", value)),
});
const composer = new Composer({
  roster, onSubmit: (text) => speaking.submit(text), onPick: openPerson,
  onTyping: () => speaking.typing(),
});
const speaking = new Speaking({
  roster, conversations, composer, protocol: () => chat.protocol,
  isOnline: () => connection.online, open: openPerson,
});
const drawer = new Drawer();
const sidebar = new Sidebar({
  roster, conversations, onConversation: open, onPerson: (id) => openPerson(roster.find(id)),
  onMore: morePeople,
});
let token = takenToken();
const parts = { chat, roster, composer, send: (frame) => connection.send(frame) };
const native = new NativeProtocol({ ...parts, memory: identity, token: () => token });
const protocols = [native, new RoomProtocol(parts)];
const address = new URL("/ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const connection = new Connection(address.href, {
  subprotocol: SUBPROTOCOL, hello: () => native.hello(ownName), isWelcome, onState: stateChanged,
  isAlive: async () => chat.protocol !== native || native.isAlive(),
  onFrame: received,
});
new RoomsDialog({
  protocol: () => native,
  title: (room) => (room === conversations.everyone.room ? conversations.everyone.name : room),
  onEntered: (room) => open(conversations.inRoom(room)),
});

let ownName = "";
let wasOpen = kept("hubbub-open");
let countdown = 0;
let slowJoin = 0;
// The last page of the list of people: where the next one begins, by room.
const nextPages = new Map();

// Which protocol a gateway speaks is known by its first answer.
function isWelcome(frame) {
  const spoken = protocols.find((protocol) => protocol.isWelcome(frame));

  chat.protocol = spoken ?? chat.protocol;
  return Boolean(spoken);
}

function received(frame) {
  chat.online = connection.online;
  if (frame.type === "welcome")
    queueMicrotask(reopen);
  if (chat.protocol !== null)
    chat.protocol.receive(frame);
  else if (frame.type === "error")
    chat.lastError = String(frame.content ?? frame.code);
}

// After a reload the reader finds what was open.
function reopen() {
  const last = wasOpen;

  wasOpen = null;
  if (last === null)
    return;
  const found = conversations.all.find(({ room, peerId }) =>
    peerId === last.peerId && (peerId !== null || room === last.room));
  if (found && found !== conversations.current)
    open(found);
}

function openPerson(user) {
  if (user)
    open(conversations.withPerson(user.id, user.name));
}

function open(conversation) {
  conversations.show(conversation);
  kept("hubbub-open", { room: conversation.room, peerId: conversation.peerId });
  shown();
  drawer.close();
  // On a touch screen the keyboard would cover what one came to read.
  if (!matchMedia("(pointer: coarse)").matches)
    composer.focus();
}

function shown() {
  const { current } = conversations;
  const placeholder = current === conversations.everyone
    ? say("placeholderEveryone")
    : say("placeholderPrivate", { name: current.name });

  composer.show(current, placeholder);
  chat.seen();
}

// People of the room that is shown whom the first list did not name.
async function morePeople() {
  const { room } = conversations.current.isPrivate ? conversations.everyone : conversations.current;
  const answer = await native.who(room, nextPages.get(room));

  if (answer?.type !== "who")
    return;
  nextPages.set(room, answer.next);
  roster.addAll(room, answer.users.map(({ user, username }) =>
    ({ id: String(user), name: String(username) })));
  refresh();
}

function draw() {
  const { current, unread } = conversations;
  const elsewhere = unread - current.unread;
  const hasRooms = chat.protocol?.features.rooms ?? false;

  document.title = unread > 0 ? `(${unread}) Hubbub` : "Hubbub";
  byId("menu-badge").textContent = elsewhere > 99 ? "99+" : String(elsewhere);
  byId("menu-badge").hidden = elsewhere === 0;
  byId("jump").hidden = current.log.atEnd;
  byId("jump-text").textContent = sayNewBelow(current.unread) || say("latest");
  byId("close-conversation").hidden = current === conversations.everyone;
  byId("title").replaceChildren(isolated(current.name, "name"));
  byId("subtitle").textContent = subtitle(current);
  byId("typing").replaceChildren(sayTyping(current.typers.map((name) => isolated(name))));
  byId("open-rooms").hidden = !hasRooms;
  byId("more-people").hidden = !hasRooms || !roster.isPartial;
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

  chat.online = state.phase === "online";
  byId("status").dataset.state = retries ? "waiting" : state.phase;
  byId("status-text").textContent = say(retries ? "stateWaiting" : stateWords[state.phase]);
  document.body.classList.toggle("is-online", chat.online);
  clearInterval(countdown);
  clearTimeout(slowJoin);
  byId("countdown").textContent = "";
  if (state.phase === "connecting")
    prepareJoin();
  if (["idle", "waiting", "ended"].includes(state.phase))
    chat.protocol?.connectionLost();
  showBanner(state, retries);
  refresh();
}

// The connection is there, but nothing moves until the server behind the gateway is back.
function hubAway(away) {
  if (!connection.online)
    return;
  byId("status").dataset.state = away ? "degraded" : "online";
  byId("status-text").textContent = say(away ? "stateDegraded" : "stateOnline");
  if (away)
    banner("waiting", say("bannerDegraded"));
  else
    banner(null);
}

function prepareJoin() {
  chat.lastError = "";
  nextPages.clear();
  for (const protocol of chat.protocol ? [chat.protocol] : protocols)
    protocol.expect(ownName);
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

// What is wrong with a token cannot be mended by another name.
const tokenWords = { "unauthorized": "bannerUnauthorized", "token expired": "bannerExpired" };

function showEnded({ reason, wasOnline }) {
  if (Object.hasOwn(tokenWords, reason)) {
    banner("ended", say(tokenWords[reason]), { label: say("rejoin"), run: () => connection.join() });
    return;
  }
  const why = reason || chat.lastError || say("noReason");

  if (!wasOnline) {
    banner(null);
    askName(say("bannerEnded", { reason: why }));
    return;
  }
  const quoted = isolated(why);
  banner("ended", sayNodes("bannerEnded", { reason: quoted }),
    { label: say("rejoin"), run: () => connection.join() });
}

// This tab keeps its name over a reload; other tabs only find it filled in. Storage may be refused.
function remembered(storage, value) {
  return stored(storage, "hubbub-name", value) ?? "";
}

// A token comes behind the '#' of the address, which is sent to no server. It stays with this tab,
// and is taken out of the address at once, where it would be copied and bookmarked.
function takenToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");

  if (given === null)
    return String(kept("hubbub-token") ?? "");
  kept("hubbub-token", given);
  kept("hubbub-identity", null);
  history.replaceState(null, "", location.pathname + location.search);
  return given;
}

// Who we were, for a reload of this tab.
function identity(value) {
  return kept("hubbub-identity", value);
}

// Of this tab, over a reload.
function kept(key, value) {
  try {
    return JSON.parse(stored("sessionStorage", key,
      value === undefined ? undefined : JSON.stringify(value)));
  } catch {
    return null;
  }
}

function stored(storage, key, value) {
  try {
    if (value !== undefined)
      globalThis[storage].setItem(key, value);
    return globalThis[storage].getItem(key);
  } catch {
    return null;
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
  chat.begin();
  remembered("sessionStorage", name);
  remembered("localStorage", name);
  byId("name-dialog").close();
  connection.join();
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
  const { current } = conversations;

  if (!current.isPrivate)
    native.leave(current.room);
  conversations.close(current);
  shown();
  composer.focus();
});
document.addEventListener("visibilitychange", () => chat.seen());
addEventListener("hashchange", () => {
  token = takenToken();
  if (token)
    connection.join();
});

chat.recall();
for (const node of document.querySelectorAll(".address"))
  node.textContent = location.host;
shown();
if (remembered("sessionStorage") || token)
  // With a token the name is the server's to say.
  join(remembered("sessionStorage") || say("somebody"));
else
  askName();
