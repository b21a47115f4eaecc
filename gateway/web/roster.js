// Who is in which room, and which of them we are. Pure data; sidebar.js draws the room that is
// shown. The room protocol knows one room without a name: null.

class Members {
  users = new Map();
  nameCounts = new Map();
  // In total; above a server's limit its lists name only some of them.
  total = 0;

  add(user) {
    this.remove(user.id);
    this.users.set(user.id, user);
    this.nameCounts.set(user.name, (this.nameCounts.get(user.name) ?? 0) + 1);
  }

  // The one who was there, or null.
  remove(id) {
    const user = this.users.get(id);

    if (!user)
      return null;
    this.users.delete(id);
    const namesakes = this.nameCounts.get(user.name) - 1;
    if (namesakes > 0)
      this.nameCounts.set(user.name, namesakes);
    else
      this.nameCounts.delete(user.name);
    return user;
  }
}

export class Roster {
  #rooms = new Map([[null, new Members()]]);
  #shown = null;
  #ownIsCertain = false;
  #ownName = "";
  wantedName = "";
  ownId = null;

  // Of the room that is shown.
  get users() {
    return this.#members.users;
  }

  get nameCounts() {
    return this.#members.nameCounts;
  }

  get total() {
    return this.#members.total;
  }

  get #members() {
    return this.#of(this.#shown);
  }

  #of(room) {
    if (!this.#rooms.has(room))
      this.#rooms.set(room, new Members());
    return this.#rooms.get(room);
  }

  show(room) {
    this.#shown = room;
  }

  // A new connection may be a new identity; the people stay on screen until the next list.
  expect(name) {
    this.wantedName = name;
    this.#ownIsCertain = false;
    this.ownId = null;
  }

  // A server that says who we are.
  identify(id, name) {
    this.ownId = id;
    this.#ownName = name;
    this.#ownIsCertain = true;
  }

  // A list of the room protocol.
  replace(frame) {
    const listed = frame.users.map(({ client_id: id, username }) =>
      ({ id: String(id), name: String(username) }));

    this.replaceRoom(null, listed, Number(frame.count) || 0);
    this.#findOwn();
  }

  replaceRoom(room, users, count) {
    const members = new Members();

    for (const user of users)
      members.add(user);
    members.total = Math.max(members.users.size, count);
    this.#rooms.set(room, members);
  }

  // What really changed: { kind, user }, ourselves left out.
  change(room, came, went, count) {
    const members = this.#of(room);
    const changes = [];

    for (const user of came) {
      if (members.remove(user.id) === null && user.id !== this.ownId)
        changes.push({ kind: "joined", user });
      members.add(user);
    }
    for (const gone of went) {
      const user = members.remove(gone.id) ?? gone;
      if (user.id !== this.ownId)
        changes.push({ kind: "left", user });
    }
    members.total = Math.max(members.users.size, count);
    return changes;
  }

  recount(room, count) {
    const members = this.#of(room);

    members.total = Math.max(members.users.size, count);
  }

  // People of a page of the list who were not named before.
  addAll(room, users) {
    const members = this.#of(room);

    for (const user of users)
      members.add(user);
    members.total = Math.max(members.total, members.users.size);
  }

  forgetRoom(room) {
    this.#rooms.delete(room);
  }

  // The server never tells us our id. The first list after our first frame was made by our own
  // joining and is in joining order, so we are its last entry; a server may still have cleaned the
  // name, in which case the position alone has to do until a list has the name we asked for.
  #findOwn() {
    if (this.#ownIsCertain && this.users.has(this.ownId))
      return;
    const entries = Array.from(this.users.values()).reverse();
    const namesake = entries.find(({ name }) => name === this.wantedName);

    if (namesake)
      this.ownId = namesake.id;
    else if (this.ownId === null)
      this.ownId = entries[0]?.id ?? null;
    this.#ownIsCertain = Boolean(namesake);
  }

  // Private messages reach only the two they concern, so one that seems to concern neither proves
  // that we took a namesake for ourselves.
  correctOwn(frame, wasSentByUs) {
    if (frame.from === this.ownId || frame.to === this.ownId)
      return;
    this.ownId = wasSentByUs ? frame.from : frame.to;
    this.#ownIsCertain = true;
  }

  get own() {
    if (this.#ownName !== "" && this.ownId !== null)
      return { id: this.ownId, name: this.#ownName };
    return this.users.get(this.ownId) ?? null;
  }

  get isPartial() {
    return this.total > this.users.size;
  }

  // In any room that we know of.
  find(id) {
    for (const { users } of this.#rooms.values()) {
      if (users.has(id))
        return users.get(id);
    }
    return null;
  }

  isAmbiguous(name) {
    return (this.nameCounts.get(name) ?? 0) > 1;
  }

  named(name) {
    return Array.from(this.users.values()).filter((user) => user.name === name);
  }

  // "@Ana Maria hello" may mean Ana or Ana Maria: the longest name that fits is meant.
  addressee(text) {
    const folded = text.toLowerCase();
    const fits = (name) => folded.startsWith(name.toLowerCase()) &&
      (text.length === name.length || /\s/u.test(text[name.length]));
    const fitting = Array.from(this.nameCounts.keys()).filter(fits);
    const rank = (name) => name.length * 2 + (text.startsWith(name) ? 1 : 0);

    fitting.sort((a, b) => rank(b) - rank(a));
    return fitting[0] ?? null;
  }

  startingWith(prefix, limit) {
    const folded = prefix.toLowerCase();
    const found = [];

    for (const user of this.users.values()) {
      if (user.id !== this.ownId && user.name.toLowerCase().startsWith(folded))
        found.push(user);
      if (found.length === limit)
        break;
    }
    return found;
  }
}
