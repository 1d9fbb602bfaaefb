// The left side: who one is, which language one speaks, and the chats.

import { $, h, roving, when } from "./dom.js";
import { face } from "./face.js";
import { gist, ticks } from "./message.js";
import { act } from "./server.js";
import { become, draftOf, me, messagesIn, on, openRoom, roomKey, roomsOf, sameRoom, store } from "./store.js";
import { hasKeyboard, showChat } from "./view.js";

export function setUpList() {
  const list = $("#list");
  roving(list, "button");
  for (const name of ["people", "room", "message", "deleted", "action", "unread", "waiting", "draft", "fresh"]) on(name, draw);
  on("people", drawWho);
  on("fresh", drawWho);
  drawWho();
  draw();
}

function drawWho() {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  const key = JSON.stringify([store.me, store.people.map((person) => [person.id, person.name, person.language])]);
  const who = $("#who");
  if (who.dataset.key === key) return;
  who.dataset.key = key;
  const focused = document.activeElement?.id;
  who.replaceChildren(
    h("label", {}, h("span", {}, "You are"),
      h("select", { id: "me", onchange: (event) => become(Number(event.target.value)) },
        store.people.map((person) => h("option", { value: person.id, selected: person.id === store.me }, person.name)))),
    h("label", {}, h("span", {}, "Language"),
      h("select", { id: "language", onchange: (event) => act("language", { language: event.target.value }) },
        store.languages.map((code) => h("option", { value: code, selected: code === me().language }, names.of(code))))));
  if (["me", "language"].includes(focused)) document.getElementById(focused).focus();
}

function draw() {
  const list = $("#list");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.room : null;
  let heading = null;
  list.replaceChildren(h("ul", {}, roomsOf(me()).map((room) => {
    const begins = room.heading !== heading;
    heading = room.heading;
    return [begins && heading ? h("li", { className: "heading" }, heading) : null, entry(room)];
  })));
  const buttons = [...list.querySelectorAll("button")];
  const current = buttons.find((button) => button.getAttribute("aria-current")) ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === current ? 0 : -1;
  if (focused) list.querySelector(`[data-room="${focused}"]`)?.focus();
}

function enter(room) {
  showChat();
  openRoom(room);
  const say = $("#say");
  if (hasKeyboard() && say.offsetParent) say.focus();
  else $(".log").focus({ preventScroll: true });
}

/** What was said last, or is being done, or was begun to be written. */
function said(room, last) {
  const draft = sameRoom(room, store.room) ? "" : draftOf(room);
  if (store.actions.has(roomKey(room))) return [`${store.bot.name} is busy…`];
  if (draft) return [h("b", { className: "draft" }, "Draft: "), draft];
  if (!last) return ["Nothing yet"];
  const { sender } = last;
  const who = last.service || sender.bot || sender.id === store.me ? "" : `${sender.name}: `;
  return [...ticks(last), `${sender.id === store.me && !last.service ? "You: " : who}${gist(last)}`];
}

function entry(room) {
  const last = messagesIn(room).at(-1);
  const unread = store.unread.get(roomKey(room)) ?? 0;
  return h("li", {}, h("button", {
    dataset: { room: roomKey(room) }, "aria-current": sameRoom(room, store.room) ? "page" : null,
    onclick: () => enter(room),
  },
  face({ id: room.face, name: room.title }, room.topic ? "#" : undefined),
  h("span", { className: "about" },
    h("span", { className: "title" }, room.title),
    h("span", { className: "said", dir: "auto" }, said(room, last))),
  h("span", { className: "side" }, last ? h("span", {}, when(last.date)) : null,
    unread ? h("span", { className: "count", "aria-label": `${unread} unread`, role: "img" }, String(unread)) : null)));
}
