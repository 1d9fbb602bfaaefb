// What is on its way: shown at once, kept while the sandbox is away (also over a reload), sent in order, and never twice.

import { toast } from "./dom.js";
import { Lost, post } from "./server.js";
import { on, roomKey, sameRoom, store, tell } from "./store.js";

let entries = [], busy = false, database = null, last = 0;

export async function setUpOutbox() {
  database = await open();
  entries = database ? await asked("readonly", (kept) => kept.getAll()) : [];
  entries.sort((a, b) => a.at - b.at);
  for (const entry of entries) entry.state = "waiting";
  last = Math.max(0, ...entries.map((entry) => entry.at));
  on("online", flush);
  on("fresh", flush);
  on("message", ({ fresh, message }) => fresh && arrived(message));
  flush();
}

/** Send something into a room as who is played. @param shown what the chat shows of it meanwhile. */
export function send(room, action, fields, shown, files = []) {
  const entry = {
    key: crypto.randomUUID(), at: (last += 1), me: store.me, chat: room.chat, thread: room.thread,
    action, fields, files, shown, state: "waiting", progress: 0,
  };
  entries.push(entry);
  if (database) asked("readwrite", (kept) => kept.put(toKeep(entry))).catch(() => {});
  tell("outbox", entry);
  flush();
}

export const outgoing = (room) => entries.filter((one) => one.me === store.me && sameRoom(one, room) && !one.arrived);

/** Call one back: it is forgotten, also when half of it has gone. */
export function drop(entry) {
  entry.control?.abort();
  forget(entry);
}

export function tryAgain(entry) {
  entry.state = "waiting";
  tell("outbox", entry);
  flush();
}

async function flush() {
  if (busy) return;
  busy = true;
  for (;;) {
    const entry = store.online ? entries.find((one) => one.state === "waiting") : null;
    if (!entry) break;
    await sendOne(entry);
  }
  busy = false;
}

async function sendOne(entry) {
  entry.state = "sending";
  entry.control = new AbortController();
  tell("outbox", entry);
  const fields = { ...entry.fields, as: entry.me, chat: entry.chat, thread: entry.thread, key: entry.key };
  const progress = (part) => { entry.progress = part; tell("outbox", entry); };
  try {
    await post(entry.action, fields, { files: entry.files, progress, signal: entry.control.signal });
    forget(entry);
  } catch (error) {
    if (entry.control.signal.aborted) return;
    if (error instanceof Lost) {
      entry.state = "waiting";
      // The stream may still think that all is well: what it hears next brings this here again.
      await new Promise((done) => setTimeout(done, 1000));
    } else {
      entry.state = "failed";
      entry.why = error.message;
      toast(`That did not work: ${error.message}`, { bad: true });
    }
    tell("outbox", entry);
  }
}

/** The message stands in the chat: what was shown in its place goes, though its answer may still be on the way. */
function arrived(message) {
  const entry = entries.find((one) => one.state === "sending" && one.me === message.sender.id && roomKey(one) === roomKey(message));
  if (!entry) return;
  entry.arrived = true;
  tell("outbox", entry);
}

function forget(entry) {
  entries = entries.filter((one) => one !== entry);
  entry.state = "gone";
  if (database) asked("readwrite", (kept) => kept.delete(entry.key)).catch(() => {});
  tell("outbox", entry);
}

const toKeep = ({ key, at, me, chat, thread, action, fields, files, shown }) => ({ key, at, me, chat, thread, action, fields, files, shown });

/** Where it is kept over a reload; null where the browser keeps nothing. */
function open() {
  return new Promise((done) => {
    const request = indexedDB.open("sandbox", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "key" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => done(null);
  });
}

function asked(mode, ask) {
  return new Promise((done, fail) => {
    const request = ask(database.transaction("outbox", mode).objectStore("outbox"));
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}
