// The page: a chat for people, and a look at what happens inside.

import { setUpChat } from "./chat.js";
import { setUpInside } from "./inside.js";
import { setUpList } from "./list.js";
import { setUpOutbox } from "./outbox.js";
import { connect } from "./server.js";
import { lastRoom, me, openRoom, roomsOf, store } from "./store.js";
import { setUpView } from "./view.js";

await connect();
document.title = `${store.bot.name}: the bot’s sandbox`;
setUpView();
setUpChat();
setUpList();
setUpInside();
await setUpOutbox();
openRoom(location.search ? roomsOf(me())[0] : lastRoom());
document.body.dataset.ready = "yes";
