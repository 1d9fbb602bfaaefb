// The left side: who one is, which language one speaks, and the chats.

import { $, clock, h, roving } from "./dom.js";
import { gist } from "./message.js";
import { act, become, me, messagesIn, on, openRoom, roomKey, roomsOf, sameRoom, store } from "./store.js";

export function setUpList() {
  const list = $("#list");
  roving(list, "button");
  for (const name of ["people", "room", "message", "deleted", "action", "unread", "fresh"]) on(name, draw);
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
  const rooms = roomsOf(me());
  let hint = null;
  list.replaceChildren(h("ul", {}, rooms.map((room) => {
    const heading = room.hint !== hint && room.hint !== "private chat" && room.hint !== "group" ? room.hint : null;
    hint = room.hint;
    return [heading && h("li", { className: "heading" }, heading), entry(room, heading !== null || room.hint === heading)];
  })));
  const buttons = [...list.querySelectorAll("button")];
  const current = buttons.find((button) => button.getAttribute("aria-current")) ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === current ? 0 : -1;
  if (focused) list.querySelector(`[data-room="${focused}"]`)?.focus();
}

function enter(room) {
  document.body.dataset.view = "chat";
  openRoom(room);
  // Where a finger writes, the focus would raise the keyboard over the chat.
  $(matchMedia("(hover: hover)").matches ? "#say" : ".log").focus();
}

function entry(room) {
  const messages = messagesIn(room);
  const last = messages.at(-1);
  const unread = store.unread.get(roomKey(room)) ?? 0;
  const doing = store.actions.get(roomKey(room));
  const said = doing ? `${store.bot.name} is busy…` : last ? `${last.service || last.sender.bot ? "" : last.sender.id === store.me ? "You: " : `${last.sender.name}: `}${gist(last)}` : "Nothing yet";
  return h("li", {}, h("button", {
    dataset: { room: roomKey(room) }, "aria-current": sameRoom(room, store.room) ? "page" : null,
    onclick: () => enter(room),
  },
  h("span", { className: "face", "aria-hidden": "true" }, room.hint === "private chat" ? room.title.slice(0, 1) : "#"),
  h("span", { className: "about" },
    h("span", { className: "title" }, room.title),
    h("span", { className: "said", dir: "auto" }, said)),
  h("span", { className: "side" }, last ? h("span", {}, clock(last.date)) : null,
    unread ? h("span", { className: "count", "aria-label": `${unread} unread` }, String(unread)) : null)));
}
