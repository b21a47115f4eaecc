// Small helpers that make DOM nodes. Everything people wrote passes through textContent here or in
// the modules that use this one; nothing in the page ever parses text as markup.

const HUES = 12;

export const byId = (id) => document.getElementById(id);

export function element(tag, className, ...children) {
  const node = document.createElement(tag);

  if (className)
    node.className = className;
  node.append(...children);
  return node;
}

// A name may be written right to left or carry marks that reorder its surroundings; <bdi> keeps
// the effect inside the name.
export function isolated(text, className) {
  const node = element("bdi", className);

  node.textContent = text;
  return node;
}

export function hueClass(id) {
  let hash = 0x811c9dc5;

  for (let i = 0; i < id.length; i++)
    hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  // Ids that differ in one digit only would get neighbouring colours without this last mixing.
  hash ^= hash >>> 15;
  return `hue-${(hash >>> 0) % HUES}`;
}

const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;

function firstGrapheme(word) {
  if (!segmenter)
    return Array.from(word)[0] ?? "";
  for (const { segment } of segmenter.segment(word))
    return segment;
  return "";
}

export function initials(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);

  if (words.length === 0)
    return "?";
  const first = firstGrapheme(words[0]);
  // Two initials suit alphabets with capitals; one ideograph or emoji already fills the circle.
  if (words.length === 1 || first.toUpperCase() === first.toLowerCase())
    return first.toUpperCase();
  return (first + firstGrapheme(words.at(-1))).toUpperCase();
}

export function avatar(id, name, extraClass = "") {
  const node = element("span", `avatar ${hueClass(id)} ${extraClass}`.trim());

  node.textContent = initials(name);
  node.setAttribute("aria-hidden", "true");
  return node;
}

export function icon(name) {
  return byId(`icon-${name}`).content.firstElementChild.cloneNode(true);
}

// Lists of up to hundreds of buttons are one tab stop; the arrow keys move inside them.
export function roveFocus(list) {
  const isShown = (button) => !button.closest("[hidden]");
  const stops = () => Array.from(list.querySelectorAll("button")).filter(isShown);
  const moves = {
    ArrowDown: (at, count) => Math.min(at + 1, count - 1),
    ArrowUp: (at) => Math.max(at - 1, 0),
    Home: () => 0,
    End: (at, count) => count - 1,
  };

  list.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move)
      return;
    const buttons = stops();
    const next = buttons[move(buttons.indexOf(document.activeElement), buttons.length)];
    event.preventDefault();
    next?.focus();
  });
  list.addEventListener("focusin", (event) => {
    list.querySelector('button[tabindex="0"]')?.setAttribute("tabindex", "-1");
    event.target.closest("button")?.setAttribute("tabindex", "0");
  });
}

export function keepOneTabStop(list) {
  const current = list.querySelector('button[tabindex="0"]');

  if (current && !current.closest("[hidden]"))
    return;
  current?.setAttribute("tabindex", "-1");
  list.querySelector(":scope > :not([hidden]) button")?.setAttribute("tabindex", "0");
}

// Work that follows bursts of messages (300 people joining at once) is done once per painted frame.
// A hidden tab paints none, so a timer stands by.
export function oncePerFrame(work) {
  let frame = 0;
  let timer = 0;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = 0;
    work();
  };

  return () => {
    if (timer)
      return;
    timer = setTimeout(run, 200);
    frame = requestAnimationFrame(run);
  };
}
