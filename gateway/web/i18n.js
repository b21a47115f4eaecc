// The page's words in English and Chinese, and how dates and plurals are written.

const english = {
  skip: "Skip to the message box",
  sidebar: "Conversations and people",
  conversations: "Conversations",
  everyone: "Everyone",
  online: "Online",
  findPeople: "Find people",
  noMatch: "Nobody by that name",
  you: "you",
  changeName: "Change name",
  openPeople: "Show conversations and people",
  closePeople: "Hide conversations and people",
  closeConversation: "Close this conversation",
  connectedTo: "Address of this gateway",
  messageLabel: "Message",
  placeholderEveryone: "Message everyone",
  placeholderPrivate: "Message {name}",
  send: "Send",
  mentions: "People to write to privately",
  latest: "Latest messages",
  newBelow_one: "1 new message",
  newBelow_other: "{count} new messages",
  unread_one: "1 unread",
  unread_other: "{count} unread",
  peopleOnline_one: "1 person online",
  peopleOnline_other: "{count} people online",
  private: "Private",
  privateOnline: "Private · online",
  privateOffline: "Private · offline",
  notesToSelf: "Only you see this",

  dialogTitle: "Join the conversation",
  dialogText: "Pick a name. It is what the others will see.",
  nameLabel: "Your name",
  namePlaceholder: "For example Ana",
  join: "Join",
  rename: "Use this name",
  cancel: "Cancel",
  nameNeeded: "Please type a name first.",

  stateIdle: "Not connected",
  stateConnecting: "Connecting",
  stateJoining: "Joining",
  stateOnline: "Connected",
  stateDegraded: "Waiting for the server",
  stateWaiting: "Reconnecting",
  stateEnded: "Disconnected",
  bannerWaiting: "The connection is gone. Trying again by itself.",
  bannerBusy: "The server asks to come back a little later. Trying again by itself.",
  bannerConnecting: "The connection is gone. Trying again now …",
  bannerDegraded: "The chat is away for a moment. What you send waits for it.",
  bannerJoining: "This gateway answers, but the chat behind it is away. Waiting for it.",
  inSeconds: "in {count} s",
  tryNow: "Try now",
  bannerEnded: "The server ended this connection: {reason}",
  bannerUnauthorized: "The server does not know you: open this page by the link that you were given.",
  bannerExpired: "Your login has ended: open this page anew by the link that you were given.",
  somebody: "Somebody",
  noReason: "no reason given",
  rejoin: "Join again",

  emptyTitle: "Nothing here yet",
  emptyText: "Say hello, or choose a person to talk to privately. Starting with @name does, too.",
  introPrivate: "Only you and {name} see what is written here.",
  introSelf: "Notes to yourself. Nobody else sees them.",
  joined: "{name} joined",
  left: "{name} left",
  youJoined: "You joined",
  joinedMany: "{name} and {count} more joined",
  leftMany: "{name} and {count} more left",
  announcement: "Announcement",
  rejoined: "Connected again. What was said in between is not shown.",
  samePersonMaybe: "{name} is here with a new connection. Anyone can use a name: make sure.",
  newMessages: "New",
  privateFrom: "New private message from {name}",
  today: "Today",
  yesterday: "Yesterday",

  retry: "Try again",
  stored: "Stored",
  resumed: "Connected again.",
  missed: "Some messages in between are no longer kept.",
  left_renamed: "This room is now called {room}.",
  left_closed: "The room {room} was closed.",
  left_forbidden: "You may not be in the room {room} any more.",
  typing1: "{name} is writing …",
  typing2: "{name} and {other} are writing …",
  typingMany: "{count} people are writing …",
  rooms: "Rooms",
  roomsTitle: "Rooms",
  roomsText: "Enter a room, or name a new one: a-z, 0-9, dot, dash and underscore.",
  roomLabel: "Name of the room",
  enter: "Enter",
  leaveRoom: "Leave this room",
  closeDialog: "Close",
  noRooms: "No rooms to show.",
  members_one: "1 person",
  members_other: "{count} people",
  morePeople: "Show more people",
  loadingOlder: "Loading what was said before …",

  sending: "Sending …",
  unconfirmed: "Not confirmed yet …",
  notConnected: "Not connected. Your text is kept.",
  lostBeforeConfirm: "The connection broke before this was confirmed. Your text is kept.",
  nobodyCalled: "Nobody called “{name}” is online. Not sent.",
  severalCalled: "Several people are called “{name}”. Choose one from the list.",
  peerGone: "{name} is not online. Your text is kept.",
  emptyMention: "Type a name after the @ and then your message.",
  failed: "Not sent: {reason}",

  error_unavailable: "The chat is away for a moment. Not sent; your text is kept.",
  error_no_such_user: "That person is not online. Not sent; your text is kept.",
  error_too_long: "That message is too long. Shorten it and send it again.",
  error_rate_limited: "That was too fast. Wait a moment and send it again.",
  error_not_stored: "The server could not keep this message. Not sent; your text is kept.",
  error_unconfirmed: "Not confirmed before the connection broke.",
  error_mailbox_full: "That person's mailbox is full. Not sent.",
  error_no_such_room: "There is no such room, or you may not enter it.",
  error_bad_room: "A room's name is made of a-z, 0-9, dot, dash and underscore.",
  error_read_only: "You may read here but not write.",
  error_too_many_rooms: "You are in as many rooms as you may be. Leave one first.",
  error_full: "There is no room for more at the moment. Not sent; your text is kept.",
};

const chinese = {
  skip: "跳到消息输入框",
  sidebar: "会话与成员",
  conversations: "会话",
  everyone: "所有人",
  online: "在线",
  findPeople: "查找成员",
  noMatch: "没有这个名字的人",
  you: "我",
  changeName: "修改名字",
  openPeople: "显示会话与成员",
  closePeople: "收起会话与成员",
  closeConversation: "关闭此会话",
  connectedTo: "当前网关地址",
  messageLabel: "消息",
  placeholderEveryone: "发消息给所有人",
  placeholderPrivate: "发消息给 {name}",
  send: "发送",
  mentions: "可以私聊的人",
  latest: "最新消息",
  newBelow_other: "{count} 条新消息",
  unread_other: "{count} 条未读",
  peopleOnline_other: "{count} 人在线",
  private: "私聊",
  privateOnline: "私聊 · 在线",
  privateOffline: "私聊 · 不在线",
  notesToSelf: "只有你能看到",

  dialogTitle: "加入聊天",
  dialogText: "起个名字吧，大家看到的就是它。",
  nameLabel: "你的名字",
  namePlaceholder: "例如 小明",
  join: "加入",
  rename: "使用这个名字",
  cancel: "取消",
  nameNeeded: "请先输入名字。",

  stateIdle: "未连接",
  stateConnecting: "正在连接",
  stateJoining: "正在加入",
  stateOnline: "已连接",
  stateDegraded: "等待服务器",
  stateWaiting: "正在重连",
  stateEnded: "已断开",
  bannerWaiting: "连接已断开，正在自动重连。",
  bannerBusy: "服务器请大家稍后再来，将自动重连。",
  bannerConnecting: "连接已断开，正在重新连接……",
  bannerDegraded: "聊天服务暂时不在，您发送的消息会等待它恢复。",
  bannerJoining: "网关已响应，但聊天服务暂时不在，正在等待。",
  inSeconds: "{count} 秒后",
  tryNow: "立即重试",
  bannerEnded: "服务器结束了这个连接：{reason}",
  bannerUnauthorized: "服务器不认识您：请用收到的链接打开此页面。",
  bannerExpired: "您的登录已到期：请用收到的链接重新打开此页面。",
  somebody: "某人",
  noReason: "未说明原因",
  rejoin: "重新加入",

  emptyTitle: "这里还没有消息",
  emptyText: "打个招呼吧；也可以点选一个人私聊，或以“@名字”开头直接发私信。",
  introPrivate: "这里的内容只有你和 {name} 能看到。",
  introSelf: "写给自己的便签，别人看不到。",
  joined: "{name} 进入聊天室",
  left: "{name} 已离开",
  youJoined: "你已进入聊天室",
  joinedMany: "{name} 和另外 {count} 人进入聊天室",
  leftMany: "{name} 和另外 {count} 人已离开",
  announcement: "公告",
  rejoined: "已重新连接。断线期间的消息不会显示。",
  samePersonMaybe: "{name} 以新的连接回来了。名字可以随意取，请确认是同一个人。",
  newMessages: "新消息",
  privateFrom: "{name} 发来新的私信",
  today: "今天",
  yesterday: "昨天",

  retry: "重试",
  stored: "已保存",
  resumed: "已重新连接。",
  missed: "中间有一些消息已不再保留。",
  left_renamed: "这个房间改名为 {room}。",
  left_closed: "房间 {room} 已关闭。",
  left_forbidden: "你不能再留在房间 {room}。",
  typing1: "{name} 正在输入……",
  typing2: "{name} 和 {other} 正在输入……",
  typingMany: "{count} 人正在输入……",
  rooms: "房间",
  roomsTitle: "房间",
  roomsText: "进入一个房间，或给新房间起名：a-z、0-9、点、横线和下划线。",
  roomLabel: "房间名",
  enter: "进入",
  leaveRoom: "离开此房间",
  closeDialog: "关闭",
  noRooms: "没有可显示的房间。",
  members_other: "{count} 人",
  morePeople: "显示更多成员",
  loadingOlder: "正在加载以前的消息……",

  sending: "正在发送……",
  unconfirmed: "尚未确认……",
  notConnected: "未连接，文字已保留。",
  lostBeforeConfirm: "消息确认之前连接断开了，文字已保留。",
  nobodyCalled: "没有叫“{name}”的人在线，未发送。",
  severalCalled: "有几个人都叫“{name}”，请在列表中选择。",
  peerGone: "{name} 不在线，文字已保留。",
  emptyMention: "请在 @ 后输入名字，再写消息。",
  failed: "未发送：{reason}",

  error_unavailable: "聊天服务暂时不可用。未发送，文字已保留。",
  error_no_such_user: "对方不在线。未发送，文字已保留。",
  error_too_long: "消息太长，请缩短后再发送。",
  error_rate_limited: "发送太快了，请稍等再发。",
  error_not_stored: "服务器未能保存这条消息。未发送，文字已保留。",
  error_unconfirmed: "连接断开之前未得到确认。",
  error_mailbox_full: "对方的信箱已满，未发送。",
  error_no_such_room: "没有这个房间，或你不能进入。",
  error_bad_room: "房间名只能用 a-z、0-9、点、横线和下划线。",
  error_read_only: "这里只能看，不能发言。",
  error_too_many_rooms: "你所在的房间已到上限，请先离开一个。",
  error_full: "现在放不下更多内容。未发送，文字已保留。",
};

export const language = chooseLanguage();
const words = language === "zh" ? chinese : english;
const plural = new Intl.PluralRules(language);
const dayFormat = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : navigator.language, {
  weekday: "long", month: "long", day: "numeric",
});

function chooseLanguage() {
  const wanted = new URLSearchParams(location.search).get("lang") || navigator.language || "en";

  return wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const known = (key) => key in words;

export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

export function sayCount(key, count) {
  const exact = `${key}_${plural.select(count)}`;

  return say(known(exact) ? exact : `${key}_other`, { count });
}

// The same, for sentences with a name in them: the name stays a node of its own (a <bdi>).
export function sayNodes(key, values) {
  const fragment = document.createDocumentFragment();

  for (const part of words[key].split(/(\{\w+\})/)) {
    const name = part.startsWith("{") ? part.slice(1, -1) : null;
    fragment.append(name in values ? values[name] : part);
  }
  return fragment;
}

export function translatePage(root) {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of root.querySelectorAll("[data-say]"))
    node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll("[data-say-label]")) {
    node.setAttribute("aria-label", say(node.dataset.sayLabel));
    if (node.matches("button, .address"))
      node.title = say(node.dataset.sayLabel);
  }
  for (const node of root.querySelectorAll("[data-say-placeholder]"))
    node.placeholder = say(node.dataset.sayPlaceholder);
}

// Timestamps are the server's local time, "YYYY-MM-DD HH:MM:SS", without a zone to convert from.
export const dayOf = (timestamp) => timestamp.slice(0, 10);
export const minuteOf = (timestamp) => timestamp.slice(11, 16);

export const now = () => localTime(new Date());

// The same of a moment that a server named in UTC ("2025-03-14T05:05:40.123Z"), or of now.
export function localTime(moment = new Date()) {
  const told = new Date(moment);
  const date = Number.isNaN(told.getTime()) ? new Date() : told;
  const pad = (number) => String(number).padStart(2, "0");

  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

export function sayDay(day) {
  const [year, month, date] = day.split("-").map(Number);
  const midnight = new Date(year, month - 1, date);
  const today = new Date();
  today.setHours(0, 0, 0, 0);
  const daysAgo = Math.round((today - midnight) / 86_400_000);

  if (daysAgo === 0)
    return say("today");
  if (daysAgo === 1)
    return say("yesterday");
  return Number.isNaN(midnight.getTime()) ? day : dayFormat.format(midnight);
}
