// Makes and finds elements. Nothing here builds markup from strings: what people and bots write stays text.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  back: "M15 5l-7 7 7 7",
  attach: "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.400 3.400 0 0 1 5 5l-8.500 8.500a1.700 1.700 0 0 1-2.500-2.500L15 7",
  send: "M12 20V5M5.500 11.500L12 5l6.500 6.500",
  mic: "M12 3.500a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3",
  close: "M6 6l12 12M18 6L6 18",
  reply: "M10 6l-6 6 6 6M4 12h9a7 7 0 0 1 7 7",
  edit: "M4 20l1-4.500L16 4.500l3.500 3.500L8.500 19zM14 6.500L17.500 10",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13",
  more: "M5.500 12h.01M12 12h.01M18.500 12h.01",
  play: "M8 5.500v13l10.500-6.500z",
  pause: "M8.500 6v12M15.500 6v12",
  slash: "M9 20l6-16",
  file: "M7 3.500h7l4 4v13H7zM14 3.500V8h4",
  down: "M12 5v14M5.500 12.500L12 19l6.500-6.500",
  tick: "M6 12.500l4 4 8.500-9",
  ticks: "M2.500 12.500l4 4 8.500-9M10.500 15l1.500 1.500 8.500-9",
  clock: "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16M12 8v4.500l3 2",
  alarm: "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16M12 8v5M12 16h.01",
};

/** An element with properties, attributes (those with a dash, and role) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name.includes("-") || ["role", "for", "list"].includes(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon", `icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A list of which one item is in the tab order; arrow keys, Home and End move among them. */
export function roving(container, selector, { horizontal = false } = {}) {
  const [back, on] = horizontal ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  container.addEventListener("keydown", (event) => {
    const items = $$(selector, container);
    const at = items.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { [back]: at - 1, [on]: at + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || !items[to]) return;
    event.preventDefault();
    for (const item of items) item.tabIndex = -1;
    items[to].tabIndex = 0;
    items[to].focus();
  });
}

export function toast(text, { bad = false } = {}) {
  const shown = h("p", { className: bad ? "toast bad" : "toast", dir: "auto" }, text);
  $("#toasts").replaceChildren(shown);
  setTimeout(() => shown.remove(), bad ? 8000 : 5000);
}

/** A box that must be closed, as an alert of the bot. */
export function alertBox(text) {
  const box = h("dialog", { className: "sheet", "aria-label": "Message of the bot", onclose: () => box.remove() },
    h("p", { dir: "auto" }, text),
    h("div", { className: "row end" }, h("button", { className: "primary", onclick: () => box.close() }, "OK")));
  document.body.append(box);
  box.showModal();
}

export const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (seconds) => Math.round((midnight(new Date()) - midnight(new Date(seconds * 1000))) / 86_400_000);

/** The day of a moment: Today, Yesterday, 27 November, or with its year when that is another one. */
export function day(seconds) {
  const ago = daysAgo(seconds), date = new Date(seconds * 1000);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year });
}

/** A moment in few signs: the time today, the weekday within a week, else the date. */
export function when(seconds) {
  const ago = daysAgo(seconds), date = new Date(seconds * 1000);
  if (ago === 0) return clock(seconds);
  return date.toLocaleDateString("en-GB", ago > 0 && ago < 7 ? { weekday: "short" } : { day: "2-digit", month: "2-digit", year: "2-digit" });
}

export const length = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
export const bytes = (size) => (size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`);
