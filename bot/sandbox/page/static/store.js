// What the page knows, and who hears of it when it changes; `server.js` keeps it in step.

import { keep, recall } from "./kept.js";

export const store = {
  world: "", last: 0, bot: {}, people: [], chats: [], languages: [], samples: [], links: [], exchanges: [],
  messages: new Map(), waiting: new Set(), inside: null, emo: false, online: true,
  me: recall("me", 0), room: null, unread: new Map(), actions: new Map(),
};

const ears = new Map();

/**
 * Hear of something: `message`, `deleted`, `room`, `people`, `inside`, `exchange`, `action`, `unread`, `waiting`, `draft`,
 * `outbox`, `online`, `write` (somebody wants to), `fresh`.
 */
export function on(name, ear) {
  ears.set(name, [...(ears.get(name) ?? []), ear]);
}

export function tell(name, data) {
  for (const ear of ears.get(name) ?? []) ear(data);
}

export const me = () => personOf(store.me) ?? store.people[0];
export const personOf = (id) => store.people.find((person) => person.id === id);
export const chatOf = (id) => store.chats.find((chat) => chat.id === id);
export const roomKey = (room) => `${room.chat}/${room.thread ?? ""}`;
export const sameRoom = (a, b) => a && b && roomKey(a) === roomKey(b);

/**
 * The places that somebody can write in: their own chat with the bot, the chats of a business account, and every topic of
 * their groups. Each says what it is called, who is its face, under which heading of the list it stands, and what it is.
 */
export function roomsOf(person) {
  const rooms = [{ chat: person.chat, thread: null, title: store.bot.name, face: store.bot.id, heading: null, about: "bot" }];
  for (const chat of store.chats) {
    if (!chat.members.includes(person.id)) continue;
    if (chat.kind === "business") rooms.push(businessRoom(chat, person));
    if (chat.kind !== "group") continue;
    const about = `${chat.title} · ${chat.members.length} members`;
    if (!chat.topics.length) rooms.push({ chat: chat.id, thread: null, title: chat.title, face: chat.id, heading: "Groups", about });
    for (const topic of chat.topics) {
      rooms.push({ chat: chat.id, thread: topic.id === 1 ? null : topic.id, title: topic.name, face: chat.id, topic: true, heading: chat.title, about });
    }
  }
  return rooms;
}

function businessRoom(chat, person) {
  const own = chat.owner === person.id;
  const customer = chat.members.find((id) => ![chat.owner, store.bot.id].includes(id));
  const owner = personOf(chat.owner)?.name ?? "Business";
  return own
    ? { chat: chat.id, thread: null, title: chat.title, face: customer, heading: "Your customers", about: `customer · ${store.bot.name} may answer in your name` }
    : { chat: chat.id, thread: null, title: `${owner}’s shop`, face: chat.owner, heading: "Businesses", about: "business account" };
}

export function messagesIn(room) {
  return [...store.messages.values()].filter((one) => one.chat === room.chat && one.thread === room.thread)
    .sort((a, b) => a.id - b.id);
}

export const messageOf = (chat, id) => store.messages.get(`${chat}/${id}`);

export function openRoom(room) {
  store.room = room;
  keep(`room ${store.me}`, roomKey(room));
  store.unread.delete(roomKey(room));
  tell("room", room);
}

/** The chat that was open last, or the one with the bot. */
export function lastRoom() {
  const rooms = roomsOf(me());
  return rooms.find((room) => roomKey(room) === recall(`room ${store.me}`)) ?? rooms[0];
}

export function become(id) {
  store.me = id;
  keep("me", id);
  const same = store.room && roomsOf(me()).find((room) => sameRoom(room, store.room) && chatOf(room.chat).kind === "group");
  tell("people");
  openRoom(same ?? lastRoom());
}

/** Where something goes that is sent now. */
export const here = () => ({ chat: store.room.chat, thread: store.room.thread });

const draftKey = (room, person) => `${person} ${roomKey(room)}`;
export const draftOf = (room, person = store.me) => recall("drafts", {})[draftKey(room, person)] ?? "";

export function keepDraft(room, text, person = store.me) {
  const drafts = recall("drafts", {}), key = draftKey(room, person);
  if ((drafts[key] ?? "") === text) return;
  if (text) drafts[key] = text;
  else delete drafts[key];
  keep("drafts", drafts);
  tell("draft", room);
}

/** Whether a keyboard or a question of the bot is for who is played: a selective one is for whom it names or answers. */
export function isMeant(message) {
  if (!message.keyboard?.selective) return true;
  if (message.reply?.sender === store.me) return true;
  return message.entities.some((one) => one.type === "text_mention" && one.user?.id === store.me);
}
