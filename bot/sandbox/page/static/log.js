// The messages of the chat that is open: in order, with days between them, what is on its way below, and a way to the end.

import { $$, day, h, icon, roving } from "./dom.js";
import { changeItem, makeItem, ticks } from "./message.js";
import { drop, outgoing, tryAgain } from "./outbox.js";
import { me, messageOf, messagesIn, on, sameRoom, store } from "./store.js";

const STATES = { waiting: "waits for the sandbox", sending: "is being sent", failed: "was not sent" };

/** @param doing what can be done with a message: `reply`, `edit`, `follow`. */
export function makeLog(doing) {
  const list = h("ul", { className: "messages" });
  const leaving = h("ul", { className: "leaving", "aria-label": "On the way", hidden: true });
  const stack = h("div", { className: "stack" }, list, leaving);
  const element = h("div", { className: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "Messages", tabIndex: 0 }, stack);
  const count = h("span", { className: "count" });
  const jump = h("button", { className: "round jump", hidden: true, onclick: () => { toEnd(); element.focus({ preventScroll: true }); } }, icon("down"), count);
  const self = { element, jump };
  let low = true, height = 0, missed = 0, still = 0;

  // Who reads the newest stays there while pictures load and messages grow; only their own scrolling leads away.
  element.addEventListener("scroll", () => {
    element.classList.add("moving");
    clearTimeout(still);
    still = setTimeout(() => element.classList.remove("moving"), 1500);
    if (element.scrollHeight !== height) return;
    low = element.scrollHeight - element.scrollTop - element.clientHeight < 60;
    if (low) missed = 0;
    drawJump();
  });
  const grown = new ResizeObserver(() => {
    height = element.scrollHeight;
    if (low) toEnd();
  });
  grown.observe(stack);
  grown.observe(element);
  roving(list, "li.message, li.service");

  function toEnd() {
    low = true;
    missed = 0;
    element.scrollTop = element.scrollHeight;
    drawJump();
  }

  function drawJump() {
    jump.hidden = low;
    count.textContent = missed || "";
    jump.setAttribute("aria-label", `Go to the newest message${missed ? `, ${missed} new` : ""}`);
  }

  const itemOf = (id) => list.querySelector(`li[data-id="${id}"]`);
  doing.show = (id) => {
    const item = itemOf(id);
    item?.scrollIntoView({ block: "center", behavior: "smooth" });
    item?.focus({ preventScroll: true });
  };

  self.open = () => {
    list.replaceChildren(...messagesIn(store.room).map((message) => makeItem(message, doing)));
    introduce();
    arrange();
    drawLeaving();
    toEnd();
  };

  self.add = (message) => {
    if (!sameRoom(message, store.room)) return;
    list.querySelector(".introduction")?.remove();
    list.append(makeItem(message, doing));
    arrange();
    if (message.sender.id === store.me) toEnd();
    else if (!low) { missed += 1; drawJump(); }
  };

  self.change = (message) => {
    const item = sameRoom(message, store.room) ? itemOf(message.id) : null;
    if (item) changeItem(item, messageOf(message.chat, message.id), doing);
  };

  /** Runs of one sender say the name once and show the face last; a screen reader hears the name each time. Days begin with their date. */
  function arrange() {
    for (const old of $$(".day", list)) old.remove();
    let before = null, today = null;
    for (const item of $$("li[data-id]", list)) {
      const sender = item.message?.sender.id ?? null, date = day(Number(item.dataset.date));
      if (date !== today) { item.before(h("li", { className: "day" }, h("span", {}, date))); before = null; }
      today = date;
      item.classList.toggle("follows", sender !== null && sender === before?.message?.sender.id);
      before?.classList.toggle("ends", sender !== before.message?.sender.id);
      item.classList.add("ends");
      item.tabIndex = -1;
      before = item;
    }
    if (before) before.tabIndex = 0;
  }

  /** What the bot says of itself in a chat in which nothing has been said. */
  function introduce() {
    if (store.room.chat !== me().chat || list.children.length) return;
    list.append(h("li", { className: "introduction" }, h("p", {}, h("b", {}, store.bot.name)),
      h("p", { dir: "auto" }, me().about || "Press Start to talk to the bot.")));
  }

  function drawLeaving() {
    const shown = outgoing(store.room);
    leaving.hidden = !shown.length;
    leaving.replaceChildren(...shown.map(makeLeaving));
  }

  on("outbox", (entry) => {
    if (!sameRoom(entry, store.room)) return;
    const bar = leaving.querySelector(`[data-key="${entry.key}"] progress`);
    if (bar && entry.state === "sending" && entry.progress && !entry.arrived) { bar.value = entry.progress; return; }
    drawLeaving();
    if (entry.me === store.me && entry.state === "waiting") toEnd();
  });
  on("waiting", () => {
    for (const item of $$("li.own", list)) {
      const old = item.querySelector(".ticks"), [fresh] = ticks(item.message);
      if (old && fresh && old.textContent !== fresh.textContent) old.replaceWith(fresh);
    }
  });
  on("deleted", ({ chat, id }) => { if (chat === store.room?.chat) { itemOf(id)?.remove(); arrange(); } });
  return self;
}

function makeLeaving(entry) {
  const { text, name } = entry.shown, failed = entry.state === "failed";
  const files = entry.files.length > 0;
  return h("li", { className: `message own ${entry.state}`, dataset: { key: entry.key } },
    h("div", { className: "bubble" },
      name ? h("p", { className: "file" }, icon(entry.shown.icon ?? "file"), h("span", { className: "file-name" }, name)) : "",
      text ? h("div", { className: "text", dir: "auto" }, text) : "",
      files && entry.state === "sending" ? h("progress", { max: 1, value: entry.progress, "aria-label": `Upload of ${name}` }) : "",
      failed ? h("p", { className: "why" }, entry.why) : "",
      h("p", { className: "meta" }, h("span", {}, STATES[entry.state]), icon(failed ? "alarm" : "clock"))),
    h("div", { className: "keys" }, h("div", { className: "row" },
      failed ? h("button", { onclick: () => tryAgain(entry) }, "Try again") : "",
      failed || files || entry.state === "waiting" ? h("button", { onclick: () => drop(entry) }, failed ? "Delete" : "Cancel") : "")));
}
