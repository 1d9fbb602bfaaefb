// The chat that is open: its head, its messages, and what is written below.

import { $, $$, h, icon, roving } from "./dom.js";
import { makeComposer } from "./composer.js";
import { changeItem, makeItem } from "./message.js";
import { act, chatOf, here, me, messageOf, messagesIn, on, openRoom, roomKey, roomsOf, sameRoom, store } from "./store.js";

const ACTIONS = { typing: "is typing", upload_photo: "is sending a photo", record_video: "is recording a video",
  upload_video: "is sending a video", record_voice: "is recording a voice message", upload_voice: "is sending a voice message",
  upload_document: "is sending a file", choose_sticker: "is choosing a sticker", find_location: "is looking for a place",
  record_video_note: "is recording a round video", upload_video_note: "is sending a round video" };

let composer, log, list, subtitle, low = true, height = 0;

export function setUpChat() {
  list = h("ul", {});
  log = h("div", { className: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "Messages", tabIndex: 0 }, list);
  // Who reads the newest stays there while pictures load and messages grow; only their own scrolling leads away.
  log.addEventListener("scroll", () => {
    if (log.scrollHeight === height) low = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  });
  const grown = new ResizeObserver(() => {
    height = log.scrollHeight;
    if (low) toEnd();
  });
  grown.observe(list);
  grown.observe(log);
  subtitle = h("p", { className: "subtitle", "aria-live": "off" });
  composer = makeComposer(follow);
  roving(list, "li");
  on("room", open);
  on("fresh", () => openRoom(store.room ?? roomsOf(me())[0]));
  on("people", () => { head(); composer.refresh(); });
  on("action", tellAction);
  on("message", ({ fresh, message }) => (fresh ? add(message) : change(message)));
  on("deleted", ({ chat, id }) => { if (chat === store.room?.chat) itemOf(id)?.remove(); });
  $("#chat").replaceChildren(h("div", { className: "head" }), log, composer.element);
  const panel = $("#chats");
  const drop = (event) => { event.preventDefault(); panel.classList.toggle("dropping", event.type === "dragover"); };
  for (const name of ["dragover", "dragleave"]) panel.addEventListener(name, drop);
  panel.addEventListener("drop", (event) => { drop(event); composer.offer([...event.dataTransfer.files]); });
}

const doing = {
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  show: (id) => {
    const item = itemOf(id);
    item?.scrollIntoView({ block: "center", behavior: "smooth" });
    item?.focus({ preventScroll: true });
  },
  follow,
};

/** A command or a deep link in a message. */
async function follow({ command, start }) {
  if (command) return act("say", { ...here(), text: command });
  const room = roomsOf(me())[0];
  openRoom(room);
  return act("say", { ...here(), text: `/start ${start}`.trim() });
}

const itemOf = (id) => list.querySelector(`li[data-id="${id}"]`);

function open() {
  head();
  list.replaceChildren(...messagesIn(store.room).map((message) => makeItem(message, doing)));
  names();
  about();
  if (list.lastElementChild) list.lastElementChild.tabIndex = 0;
  composer.refresh();
  toEnd();
}

function toEnd() {
  low = true;
  log.scrollTop = log.scrollHeight;
}

function head() {
  const chat = chatOf(store.room?.chat);
  if (!chat) return;
  const room = roomsOf(me()).find((one) => sameRoom(one, store.room)) ?? roomsOf(me())[0];
  const more = h("button", { className: "round", "aria-label": "More about this chat", popoverTargetElement: null }, icon("more"));
  const menu = makeMenu(chat, room);
  more.popoverTargetElement = menu;
  $("#chat .head").replaceChildren(
    h("button", { className: "round back", "aria-label": "Back to the chats", onclick: () => { document.body.dataset.view = "list"; $("#list [aria-current]")?.focus(); } }, icon("back")),
    h("div", { className: "names" }, h("h2", {}, room.title), subtitle), more, menu);
  log.setAttribute("aria-label", `Messages in ${room.title}`);
  tellAction();
}

function makeMenu(chat, room) {
  const payload = h("input", { type: "text", id: "payload", maxLength: 64, autocomplete: "off", placeholder: "payload" });
  const menu = h("div", { popover: "auto", className: "menu end", id: "more-menu" },
    h("form", { onsubmit: (event) => { event.preventDefault(); menu.hidePopover(); follow({ start: payload.value.trim() }); } },
      h("label", { htmlFor: "payload" }, `Open the link t.me/${store.bot.username}?start=`),
      h("div", { className: "row" }, payload, h("button", { className: "primary" }, "Open"))),
    room.hint === "private chat" && h("button", { className: "entry", onclick: () => { menu.hidePopover(); act("block", { blocked: !me().blocked }); } },
      me().blocked ? "Unblock the bot" : "Block the bot"));
  return menu;
}

function tellAction() {
  if (!store.room) return;
  const chat = chatOf(store.room.chat), now = store.actions.get(roomKey(store.room));
  const people = chat.members.length;
  const plain = chat.kind === "private" ? "bot" : `${chat.title} · ${people} members`;
  subtitle.textContent = now ? `${store.bot.name} ${ACTIONS[now.action] ?? "is busy"}…` : plain;
  subtitle.classList.toggle("busy", Boolean(now));
}

function add(message) {
  if (!sameRoom(message, store.room)) return;
  $(".introduction", list)?.remove();
  list.append(makeItem(message, doing));
  names();
  for (const item of $$("li", list)) item.tabIndex = -1;
  list.lastElementChild.tabIndex = 0;
  if (message.sender.id === store.me) toEnd();
  if (message.keyboard?.force_reply) composer.reply(message);
  composer.refresh();
}

function change(message) {
  const item = sameRoom(message, store.room) ? itemOf(message.id) : null;
  if (item) changeItem(item, messageOf(message.chat, message.id), doing);
}

/** Messages that follow one another from the same sender say the name once; a screen reader hears it each time. */
function names() {
  let last = null;
  for (const item of $$("li", list)) {
    const sender = item.message?.sender.id ?? null;
    item.classList.toggle("follows", sender !== null && sender === last);
    last = sender;
  }
}

/** What the bot says of itself in a chat in which nothing has been said. */
function about() {
  const own = store.room.chat === me().chat && !list.children.length;
  if (own) {
    list.append(h("li", { className: "introduction" }, h("p", {}, h("b", {}, store.bot.name)),
      h("p", { dir: "auto" }, me().about || "Press Start to talk to the bot.")));
  }
}
