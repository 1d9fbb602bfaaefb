// One message as a list item that is changed in place, so that a video that plays goes on through an edit.

import { alertBox, clock, h, icon, toast } from "./dom.js";
import { face, tint } from "./face.js";
import { media } from "./player.js";
import { act } from "./server.js";
import { chatOf, store } from "./store.js";
import { link, words } from "./text.js";

const KINDS = { photo: "Photo", video: "Video", video_note: "Round video", voice: "Voice message", audio: "Sound",
  document: "File", sticker: "Sticker", animation: "Animation", location: "Place" };

/** A message in a few words, for the list and for what is replied to. */
export const gist = (message) => message.service ?? (message.text || KINDS[message.media?.kind ?? message.kind] || "Message");

export function makeItem(message, doing) {
  const item = h("li", { tabIndex: -1, dataset: { id: message.id, date: message.date } });
  if (message.service) {
    item.className = "service";
    item.append(h("span", {}, message.service));
    return item;
  }
  const { sender } = message;
  const own = sender.id === store.me, faced = !own && chatOf(message.chat)?.kind === "group";
  item.className = `message ${own ? "own" : "other"}${faced ? " faced" : ""}`;
  const parts = {
    name: h("p", { className: own ? "name hidden" : `name tint-${tint(sender.id)}` }, own ? "You" : sender.name),
    via: h("p", { className: "via" }, own && sender.via ? `by ${sender.via}` : ""),
    reply: h("div", {}), media: h("div", {}), text: h("div", { className: "text", dir: "auto" }),
    meta: h("p", { className: "meta" }), buttons: h("div", { className: "keys" }), tools: h("div", { className: "tools" }),
  };
  item.parts = parts;
  item.append(faced ? face(sender) : "",
    h("div", { className: "bubble" }, parts.name, parts.via, parts.reply, parts.media, parts.text, parts.meta), parts.buttons, parts.tools);
  changeItem(item, message, doing);
  return item;
}

export function changeItem(item, message, doing) {
  const { parts } = item;
  if (!parts) return;
  const before = item.message;
  item.message = message;
  const differs = (pick) => !before || JSON.stringify(pick(before)) !== JSON.stringify(pick(message));
  if (differs((one) => one.reply)) parts.reply.replaceChildren(...(message.reply ? [quote(message.reply, doing)] : []));
  if (differs((one) => one.media)) {
    parts.media.replaceChildren(...(message.media ? [media(message.media, message.sender.id === store.me ? "you" : message.sender.name)] : []));
    item.classList.toggle("bare", ["sticker", "video_note"].includes(message.media?.kind));
    item.classList.toggle("wide", Boolean(message.media));
  }
  if (differs((one) => [one.text, one.entities])) parts.text.replaceChildren(...words(message.text, message.entities, doing.follow));
  // What bots edit is not marked in Telegram: their cards and buttons change all the time.
  const reactions = message.reactions?.length ? [h("span", { className: "reactions" }, message.reactions.join(" "))] : [];
  parts.meta.replaceChildren(...reactions, h("span", {}, `${message.edited && !message.sender.bot ? "edited " : ""}${clock(message.date)}`), ...ticks(message));
  if (differs((one) => one.buttons)) keys(item, message, doing);
  if (!before) tools(item, message, doing);
}

/** One tick: it is with Telegram. Two: the bot has taken it. Only what one wrote oneself has them. */
export function ticks(message) {
  if (message.service || message.sender.id !== store.me || message.sender.via) return [];
  const taken = !store.waiting.has(`${message.chat}/${message.id}`);
  return [h("span", { className: "ticks" }, icon(taken ? "ticks" : "tick"), h("span", { className: "hidden" }, taken ? "read" : "sent"))];
}

function quote(reply, doing) {
  return h("button", { className: "quote", onclick: () => doing.show(reply.id) },
    h("span", { className: "hidden" }, "In reply to "), h("b", {}, reply.name), h("span", { dir: "auto" }, gist(reply)));
}

function keys(item, message, doing) {
  const focused = item.parts.buttons.contains(document.activeElement);
  item.parts.buttons.replaceChildren(...message.buttons.map((row) => h("div", { className: "row" }, row.map((button) => key(button, item, doing)))));
  if (focused) (item.querySelector(".keys button, .keys a") ?? item).focus({ preventScroll: true });
}

/** A label has one line and is cut, as in Telegram. */
function key(button, item, doing) {
  const label = h("span", { className: "label", dir: "auto", title: button.text }, button.text);
  if (button.callback_data === undefined) {
    return button.url ? link(button.url, [label], doing.follow) : h("button", { disabled: true }, label);
  }
  const element = h("button", {}, label);
  element.addEventListener("click", async () => {
    if (element.ariaBusy === "true") return;
    element.ariaBusy = "true";
    const answer = await act("press", { chat: item.message.chat, message: item.message.id, data: button.callback_data });
    element.ariaBusy = "false";
    if (answer?.late) toast("The bot did not answer the press.", { bad: true });
    else if (answer?.text) (answer.alert ? alertBox : toast)(answer.text);
  });
  return element;
}

function tools(item, message, doing) {
  const tool = (name, label, onclick) => h("button", { "aria-label": label, title: label, tabIndex: -1, onclick }, icon(name));
  const shown = [tool("reply", "Reply", () => doing.reply(item.message))];
  if (message.sender.id === store.me && !message.sender.via) {
    if (!message.media) shown.push(tool("edit", "Edit", () => doing.edit(item.message)));
    shown.push(tool("trash", "Delete", () => act("delete", { chat: message.chat, message: message.id })));
  }
  item.parts.tools.append(...shown);
  // Only the tools of the message that has the focus are stops of the Tab key.
  item.addEventListener("focusin", () => shown.forEach((one) => { one.tabIndex = 0; }));
  item.addEventListener("focusout", () => setTimeout(() => {
    if (!item.contains(document.activeElement)) shown.forEach((one) => { one.tabIndex = -1; });
  }));
}
