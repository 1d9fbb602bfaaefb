// The line to the sandbox: a state at the start, events as they happen, and what is done by whoever is played.

import { toast } from "./dom.js";
import { isRead } from "./view.js";
import { lastRoom, me, messageOf, openRoom, roomKey, store, tell } from "./store.js";

/** Nobody answered: nothing is known of what became of a request. */
export class Lost extends Error {}

/**
 * Ask for something as `as`; gives the answer.
 * @param progress hears how much of the files has gone, from 0 to 1.
 * @param signal ends it early.
 * @throws Lost nobody answered. Error: what a client would not do, or was called back.
 */
export function post(action, fields, { files = [], progress, signal } = {}) {
  const all = { as: store.me, ...fields };
  const request = new XMLHttpRequest();
  return new Promise((done, fail) => {
    request.open("POST", `/api/${action}`);
    request.responseType = "json";
    if (progress) request.upload.addEventListener("progress", (event) => progress(event.loaded / Math.max(1, event.total)));
    request.addEventListener("load", () => {
      const answer = request.response;
      if (answer && !answer.error) done(answer);
      else fail(new Error(answer?.error ?? `the sandbox answered ${request.status}`));
    });
    request.addEventListener("error", () => fail(new Lost("the sandbox does not answer")));
    request.addEventListener("abort", () => fail(new Error("called back")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(files.length ? toForm(all, files) : toJson(request, all));
  });
}

function toJson(request, all) {
  request.setRequestHeader("Content-Type", "application/json");
  return JSON.stringify(all);
}

function toForm(all, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(all)) if (value !== null && value !== undefined) form.append(name, value);
  for (const file of files) form.append("files", file, file.name);
  return form;
}

/** Do something at once; returns the answer, or null after a toast that says why not. */
export async function act(action, fields) {
  try {
    return await post(action, fields);
  } catch (error) {
    toast(error instanceof Lost ? "The sandbox does not answer. Try again when it is back." : `That did not work: ${error.message}`, { bad: true });
    return null;
  }
}

const STATE = ["world", "last", "bot", "people", "chats", "languages", "samples", "links", "exchanges", "inside", "emo"];

export async function connect() {
  const state = await (await fetch("/api/state")).json();
  store.messages = new Map(state.messages.map((one) => [`${one.chat}/${one.id}`, one]));
  store.waiting = new Set(state.waiting);
  for (const name of STATE) store[name] = state[name];
  if (!store.people.some((person) => person.id === store.me)) store.me = store.people[0].id;
  listen();
}

function setOnline(online) {
  if (store.online === online) return;
  store.online = online;
  tell("online");
}

async function startAnew() {
  try {
    await connect();
    openRoom(lastRoom());
    tell("fresh");
  } catch {
    setTimeout(startAnew, 1000);
  }
}

function listen() {
  const source = new EventSource(`/events?world=${store.world}&after=${store.last}`);
  const hear = (name, then) => source.addEventListener(name, (event) => then(JSON.parse(event.data)));
  source.addEventListener("open", () => setOnline(true));
  source.addEventListener("error", () => {
    setOnline(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(startAnew, 1000);
  });
  hear("reload", () => {
    source.close();
    startAnew();
  });
  hear("message", takeMessage);
  hear("deleted", ({ chat, id }) => {
    store.messages.delete(`${chat}/${id}`);
    tell("deleted", { chat, id });
  });
  hear("action", (action) => {
    const key = roomKey(action);
    clearTimeout(store.actions.get(key)?.timer);
    const timer = setTimeout(() => { store.actions.delete(key); tell("action"); }, 5500);
    store.actions.set(key, { action: action.action, timer });
    tell("action");
  });
  hear("reaction", ({ chat, id, emoji }) => {
    const message = messageOf(chat, id);
    if (!message) return;
    message.reactions = emoji;
    tell("message", { fresh: false, message });
  });
  hear("around", ({ people, chats }) => {
    store.people = people;
    store.chats = [...store.chats.filter((chat) => chat.kind === "private"), ...chats];
    tell("people");
  });
  hear("waiting", (waiting) => { store.waiting = new Set(waiting); tell("waiting"); });
  hear("inside", (inside) => { store.inside = inside; tell("inside"); });
  hear("exchange", (exchange) => {
    store.exchanges = [...store.exchanges.slice(-199), exchange];
    tell("exchange", exchange);
  });
}

function takeMessage({ new: fresh, message }) {
  store.messages.set(`${message.chat}/${message.id}`, message);
  if (fresh) forgetAction(message);
  const seen = isRead(message), key = roomKey(message);
  if (fresh && message.sender.id !== store.me && !seen && concerns(message)) store.unread.set(key, (store.unread.get(key) ?? 0) + 1);
  tell("message", { fresh, message });
}

/** Whether a message is in a chat of who is played. */
const concerns = (message) => message.chat === me().chat || store.chats.some((chat) => chat.id === message.chat && chat.kind !== "private" && chat.members.includes(store.me));

function forgetAction(message) {
  const key = roomKey(message);
  if (!(message.sender.bot || message.sender.via) || !store.actions.has(key)) return;
  clearTimeout(store.actions.get(key).timer);
  store.actions.delete(key);
  tell("action");
}
