// Who is online, and which of them we are. Pure data; sidebar.js draws it.

export class Roster {
  #wantedName = "";
  #ownIsCertain = false;
  users = new Map();
  nameCounts = new Map();
  ownId = null;
  // Members in total; above a server's limit its lists name only some of them.
  total = 0;

  // A new connection is a new identity; the people stay on screen until the next list.
  expect(name) {
    this.#wantedName = name;
    this.#ownIsCertain = false;
    this.ownId = null;
  }

  replace(frame) {
    this.users = new Map();
    this.nameCounts = new Map();
    for (const { client_id: id, username } of frame.users) {
      const name = String(username);
      this.users.set(String(id), { id: String(id), name });
      this.nameCounts.set(name, (this.nameCounts.get(name) ?? 0) + 1);
    }
    this.total = Math.max(this.users.size, Number(frame.count) || 0);
    this.#findOwn();
  }

  // The server never tells us our id. The first list after our first frame was made by our own
  // joining and is in joining order, so we are its last entry; a server may still have cleaned the
  // name, in which case the position alone has to do until a list has the name we asked for.
  #findOwn() {
    if (this.#ownIsCertain && this.users.has(this.ownId))
      return;
    const entries = Array.from(this.users.values()).reverse();
    const namesake = entries.find(({ name }) => name === this.#wantedName);

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
    return this.users.get(this.ownId) ?? null;
  }

  get isPartial() {
    return this.total > this.users.size;
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
