// The chat that is open: its head, its messages, and what is written below.

import { $, h, icon } from "./dom.js";
import { makeComposer } from "./composer.js";
import { face } from "./face.js";
import { makeLog } from "./log.js";
import { send } from "./outbox.js";
import { act } from "./server.js";
import { chatOf, here, isMeant, lastRoom, me, messagesIn, on, openRoom, roomKey, roomsOf, sameRoom, store } from "./store.js";
import { showChat, showList } from "./view.js";

const ACTIONS = { typing: "is typing", upload_photo: "is sending a photo", record_video: "is recording a video",
  upload_video: "is sending a video", record_voice: "is recording a voice message", upload_voice: "is sending a voice message",
  upload_document: "is sending a file", choose_sticker: "is choosing a sticker", find_location: "is looking for a place",
  record_video_note: "is recording a round video", upload_video_note: "is sending a round video" };

const AWAY = "The sandbox does not answer. What you send is kept here, and goes out when it is back.";

let composer, log, subtitle;

export function setUpChat() {
  const doing = { reply: (message) => composer.reply(message), edit: (message) => composer.edit(message), follow };
  log = makeLog(doing);
  subtitle = h("p", { className: "subtitle", "aria-live": "off" });
  composer = makeComposer(follow);
  const away = h("p", { className: "away", role: "status" });
  const skip = h("a", { className: "skip", href: "#say", onclick: (event) => { event.preventDefault(); composer.focus(); } }, "Skip the messages");
  $("#chat").replaceChildren(h("div", { className: "head" }), away, skip, h("div", { className: "middle" }, log.element, log.jump), composer.element);
  on("room", open);
  on("people", () => { head(); composer.refresh(); });
  on("action", tellAction);
  on("message", take);
  on("online", () => { away.textContent = store.online ? "" : AWAY; });
  on("write", () => composer.focus());
  setUpDrop();
}

/** A command or a deep link in a message. */
function follow({ command, start }) {
  const text = command ?? `/start ${start}`.trim();
  if (!command) openRoom(roomsOf(me())[0]);
  send(here(), "say", { text }, { text });
}

function open() {
  head();
  log.open();
  composer.refresh();
  const last = messagesIn(store.room).at(-1);
  if (last) ask(last);
}

function take({ fresh, message }) {
  if (!fresh) return log.change(message);
  log.add(message);
  if (!sameRoom(message, store.room)) return;
  ask(message);
  composer.refresh();
}

/** A question of the bot that wants a reply gets one, from those whom it is for. */
function ask(message) {
  if (message.keyboard?.force_reply && isMeant(message)) composer.reply(message);
}

/** Files that are dropped anywhere on the page go to the chat that is open, and never take its place in the browser. */
function setUpDrop() {
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => document.body.classList.toggle("dropping", on);
  addEventListener("dragover", (event) => { if (brings(event)) { event.preventDefault(); mark(true); } });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
  addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    mark(false);
    if (document.querySelector("dialog[open]")) return;
    showChat();
    composer.offer([...event.dataTransfer.files]);
  });
}

function head() {
  const room = roomsOf(me()).find((one) => sameRoom(one, store.room));
  if (!room) return openRoom(lastRoom());
  const more = h("button", { className: "round", "aria-label": "More about this chat", popoverTargetElement: null }, icon("more"));
  const menu = makeMenu(room);
  more.popoverTargetElement = menu;
  $("#chat .head").replaceChildren(
    h("button", { className: "round back", "aria-label": "Back to the chats", onclick: showList }, icon("back")),
    face({ id: room.face, name: room.title }, room.topic ? "#" : undefined),
    h("div", { className: "names" }, h("h2", {}, room.title), subtitle), more, menu);
  log.element.setAttribute("aria-label", `Messages in ${room.title}`);
  tellAction();
}

function makeMenu(room) {
  const payload = h("input", { type: "text", id: "payload", maxLength: 64, autocomplete: "off", placeholder: "payload" });
  const menu = h("div", { popover: "auto", className: "menu end", id: "more-menu" });
  const entry = (label, then) => h("button", { className: "entry", onclick: () => { menu.hidePopover(); then(); } }, label);
  menu.append(...[
    store.links.map((link) => entry(link.title, () => follow({ start: link.payload }))),
    h("form", { onsubmit: (event) => { event.preventDefault(); menu.hidePopover(); follow({ start: payload.value.trim() }); } },
      h("label", { htmlFor: "payload" }, `Open the link t.me/${store.bot.username}?start=`),
      h("div", { className: "row" }, payload, h("button", { className: "primary" }, "Open"))),
    room.chat === me().chat ? entry(me().blocked ? "Unblock the bot" : "Block the bot", () => act("block", { blocked: !me().blocked })) : [],
  ].flat());
  return menu;
}

function tellAction() {
  const room = store.room && roomsOf(me()).find((one) => sameRoom(one, store.room));
  if (!room || !chatOf(room.chat)) return;
  const now = store.actions.get(roomKey(room));
  subtitle.textContent = now ? `${store.bot.name} ${ACTIONS[now.action] ?? "is busy"}…` : room.about;
  subtitle.classList.toggle("busy", Boolean(now));
}
