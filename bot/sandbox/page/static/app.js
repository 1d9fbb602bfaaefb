// The page: a chat for people on the first tab, what happens inside on the second.

import { setUpChat } from "./chat.js";
import { $, $$, roving } from "./dom.js";
import { setUpInside } from "./inside.js";
import { setUpList } from "./list.js";
import { connect, me, openRoom, roomKey, roomsOf, store, tell } from "./store.js";

function setUpTabs() {
  const tabs = $$('[role="tab"]');
  const choose = (tab) => {
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !chosen;
    }
    document.body.dataset.tab = tab.getAttribute("aria-controls");
    seen();
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("focus", () => choose(tab));
  }
  roving($("#tabs"), '[role="tab"]', { horizontal: true });
  choose(tabs[0]);
}

/** What is on the screen has been read. */
function seen() {
  if (!store.room || document.hidden || document.body.dataset.tab !== "chats") return;
  if (store.unread.delete(roomKey(store.room))) tell("unread");
}

await connect();
document.title = `${store.bot.name}: the bot’s sandbox`;
document.body.dataset.view = matchMedia("(max-width: 700px)").matches && !location.search ? "list" : "chat";
setUpTabs();
setUpChat();
setUpList();
setUpInside();
openRoom(roomsOf(me())[0]);
document.addEventListener("visibilitychange", seen);
document.body.dataset.ready = "yes";
