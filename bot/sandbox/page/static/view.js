// What is on the screen: chats and what is inside, on tabs or side by side; on a phone the list or one chat.

import { $, $$, roving } from "./dom.js";
import { roomKey, sameRoom, store, tell } from "./store.js";

const wide = matchMedia("(min-width: 1180px)"), narrow = matchMedia("(max-width: 700px)");
const body = document.body;

/** Where a finger writes, the focus would raise the keyboard over the chat. */
export const hasKeyboard = () => matchMedia("(hover: hover)").matches;

/** Whether an open chat can be seen. */
const looking = () => !document.hidden && (wide.matches || body.dataset.tab === "chats") && (!narrow.matches || body.dataset.view === "chat");

/** Whether a message is before somebody's eyes as it comes. */
export const isRead = (message) => looking() && sameRoom(message, store.room);

/** What is on the screen has been read. */
export function seen() {
  if (store.room && looking() && store.unread.delete(roomKey(store.room))) tell("unread");
}

export function setUpView() {
  const tabs = $$('[role="tab"]');
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
    body.dataset.tab = chosen.getAttribute("aria-controls");
    lay();
  };
  const lay = () => {
    body.dataset.layout = wide.matches ? "wide" : narrow.matches ? "narrow" : "middle";
    $("#tabs").hidden = wide.matches;
    for (const tab of tabs) {
      const panel = panelOf(tab);
      panel.hidden = !wide.matches && panel.id !== body.dataset.tab;
      // Side by side they are no panels of tabs.
      panel.setAttribute("role", wide.matches ? "region" : "tabpanel");
    }
    seen();
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("focus", () => choose(tab));
  }
  roving($("#tabs"), '[role="tab"]', { horizontal: true });
  for (const size of [wide, narrow]) size.addEventListener("change", lay);
  document.addEventListener("visibilitychange", seen);
  addEventListener("popstate", (event) => setView(event.state?.view ?? "list"));
  $(".skip").addEventListener("click", (event) => { event.preventDefault(); showChat(); tell("write"); });
  if (location.search) begin("chat");
  else setView(narrow.matches && history.state?.view !== "chat" ? "list" : "chat");
  choose(tabs[0]);
}

/** Open in a chat that a phone's Back leaves for the list. */
function begin(view) {
  if (narrow.matches && history.state?.view !== view) history.pushState({ view }, "");
  setView(view);
}

function setView(view) {
  body.dataset.view = view;
  seen();
  if (view === "list") $("#list [aria-current]")?.focus();
}

/** Show the chat that is open; on a phone it takes the place of the list until Back. */
export function showChat() {
  if (body.dataset.tab !== "chats") $("#tab-chats").click();
  if (body.dataset.view !== "chat") begin("chat");
}

export function showList() {
  if (history.state?.view === "chat") history.back();
  else setView("list");
}
