// What the page knows, kept in step with the server: a state at the start, then events as they happen.

import { toast } from "./dom.js";

export const store = {
  world: "", last: 0, bot: {}, people: [], chats: [], languages: [], samples: [], exchanges: [],
  messages: new Map(), inside: null, emo: false,
  me: Number(sessionStorage.getItem("me")) || 0,
  room: null, unread: new Map(), actions: new Map(), drafts: new Map(),
};

const ears = new Map();

/** Hear of something: `message`, `deleted`, `room`, `people`, `inside`, `exchange`, `action`, `reaction`, `unread`, `fresh`. */
export function on(name, ear) {
  ears.set(name, [...(ears.get(name) ?? []), ear]);
}

export function tell(name, data) {
  for (const ear of ears.get(name) ?? []) ear(data);
}

export const me = () => store.people.find((person) => person.id === store.me) ?? store.people[0];
export const chatOf = (id) => store.chats.find((chat) => chat.id === id);
export const roomKey = (room) => `${room.chat}/${room.thread ?? ""}`;
export const sameRoom = (a, b) => a && b && roomKey(a) === roomKey(b);

/** The places that somebody can write in: their own chat with the bot, and every topic of their groups. */
export function roomsOf(person) {
  const rooms = [{ chat: person.chat, thread: null, title: store.bot.name, hint: "private chat" }];
  for (const chat of store.chats) {
    if (chat.kind !== "group" || !chat.members.includes(person.id)) continue;
    if (!chat.topics.length) rooms.push({ chat: chat.id, thread: null, title: chat.title, hint: "group" });
    for (const topic of chat.topics) {
      rooms.push({ chat: chat.id, thread: topic.id === 1 ? null : topic.id, title: topic.name, hint: chat.title });
    }
  }
  return rooms;
}

export function messagesIn(room) {
  return [...store.messages.values()].filter((one) => one.chat === room.chat && one.thread === room.thread)
    .sort((a, b) => a.id - b.id);
}

export const messageOf = (chat, id) => store.messages.get(`${chat}/${id}`);

export function openRoom(room) {
  store.room = room;
  store.unread.delete(roomKey(room));
  tell("room", room);
}

export function become(id) {
  store.me = id;
  sessionStorage.setItem("me", String(id));
  const rooms = roomsOf(me());
  const same = store.room && rooms.find((room) => sameRoom(room, store.room));
  tell("people");
  openRoom(same ?? rooms[0]);
}

/** Do something as the person who is played; returns the answer, or null after a toast that says why not. */
export async function act(action, fields, files) {
  let body, headers = {};
  const all = { as: store.me, ...fields };
  if (files) {
    body = new FormData();
    for (const [name, value] of Object.entries(all)) if (value !== null && value !== undefined) body.append(name, value);
    for (const file of files) body.append("files", file, file.name);
  } else {
    body = JSON.stringify(all);
    headers = { "Content-Type": "application/json" };
  }
  try {
    const response = await fetch(`/api/${action}`, { method: "POST", body, headers });
    const answer = await response.json();
    if (answer.error) throw new Error(answer.error);
    return answer;
  } catch (error) {
    toast(`That did not work: ${error.message}`, { bad: true });
    return null;
  }
}

/** Where something goes that is sent now. */
export const here = () => ({ chat: store.room.chat, thread: store.room.thread });

export async function connect() {
  const state = await (await fetch("/api/state")).json();
  store.messages = new Map(state.messages.map((one) => [`${one.chat}/${one.id}`, one]));
  for (const name of ["world", "last", "bot", "people", "chats", "languages", "samples", "exchanges", "inside", "emo"]) {
    store[name] = state[name];
  }
  if (!store.people.some((person) => person.id === store.me)) store.me = store.people[0].id;
  listen();
}

function listen() {
  const source = new EventSource(`/events?world=${store.world}&after=${store.last}`);
  const hear = (name, then) => source.addEventListener(name, (event) => then(JSON.parse(event.data)));
  hear("reload", async () => {
    source.close();
    await connect();
    tell("fresh");
  });
  hear("message", ({ new: fresh, message }) => {
    store.messages.set(`${message.chat}/${message.id}`, message);
    if (fresh) forgetAction(message);
    const room = { chat: message.chat, thread: message.thread };
    if (fresh && message.sender.id !== store.me && !(sameRoom(room, store.room) && looking())) {
      store.unread.set(roomKey(room), (store.unread.get(roomKey(room)) ?? 0) + 1);
    }
    tell("message", { fresh, message });
  });
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
  hear("inside", (inside) => { store.inside = inside; tell("inside"); });
  hear("exchange", (exchange) => {
    store.exchanges = [...store.exchanges.slice(-199), exchange];
    tell("exchange", exchange);
  });
}

function forgetAction(message) {
  const key = roomKey(message);
  if (!message.sender.bot || !store.actions.has(key)) return;
  clearTimeout(store.actions.get(key).timer);
  store.actions.delete(key);
  tell("action");
}

export const looking = () => !document.hidden && document.body.dataset.tab === "chats" && document.body.dataset.view === "chat";
