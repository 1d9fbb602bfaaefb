// Below the messages: words, files, the microphone, commands, replies and edits.

import { offerFiles } from "./attach.js";
import { $$, h, icon, length, roving, toast } from "./dom.js";
import { gist } from "./message.js";
import { send } from "./outbox.js";
import { makeRecorder } from "./recorder.js";
import { makeSamples } from "./samples.js";
import { act } from "./server.js";
import { chatOf, draftOf, here, isMeant, keepDraft, me, messagesIn, roomKey, store } from "./store.js";
import { hasKeyboard } from "./view.js";

/** @param follow opens a deep link in the private chat. */
export function makeComposer(follow) {
  const self = { replying: null, editing: null, room: "" };
  const say = h("textarea", { id: "say", rows: 1, maxLength: 4096, placeholder: "Message", "aria-label": "Message", enterKeyHint: "send", dir: "auto" });
  const picker = h("input", { type: "file", multiple: true, hidden: true, id: "picker", "aria-label": "Files to send" });
  const go = h("button", { className: "round primary", "aria-label": "Send", onclick: () => submit() }, icon("send"));
  const mic = h("button", { className: "round primary", "aria-label": "Record a voice message" }, icon("mic"));
  const commands = h("div", { popover: "auto", className: "menu", id: "commands", "aria-label": "Commands", role: "group" });
  const samples = makeSamples({
    pick: () => picker.click(),
    send: (sample) => put("sample", { name: sample.name }, { name: sample.title, icon: sample.kind === "voice" ? "mic" : "file" }),
  });
  const slash = h("button", { className: "round", "aria-label": "Commands of the bot", popoverTargetElement: commands }, icon("slash"));
  const attach = h("button", { className: "round", "aria-label": "Attach", popoverTargetElement: samples }, icon("attach"));
  const context = h("div", { className: "context", hidden: true });
  const keyboard = h("div", { className: "keyboard", hidden: true });
  const line = h("div", { className: "line" }, attach, slash, say, mic, go, picker);
  const instead = h("div", { className: "instead", hidden: true });
  const suggestions = h("div", { className: "suggestions", hidden: true, role: "group", "aria-label": "Fitting commands" });
  const recorder = makeRecorder(
    (file, seconds) => put("send", { kind: "voice" }, { name: `Voice message, ${length(seconds)}`, icon: "mic" }, [file]),
    () => { line.hidden = recorder.active; if (!recorder.active) ready(); },
  );
  self.element = h("div", { className: "composer" }, suggestions, context, keyboard, recorder.element, line, instead, commands, samples);
  roving(commands, "button");
  roving(suggestions, "button");

  /** Go on writing; a finger is left to say so itself. */
  const ready = () => { if (hasKeyboard()) say.focus(); };
  self.focus = () => (instead.hidden ? say : instead.querySelector("button")).focus();

  const takeReply = () => {
    const id = self.replying?.id ?? null;
    self.reply(null);
    return id;
  };

  /** Send something into the chat that is open, as the reply that it is. */
  function put(action, fields, shown, files) {
    send(here(), action, { reply: takeReply(), ...fields }, shown, files);
    ready();
  }

  async function submit() {
    const text = say.value.trim();
    if (!text) return;
    if (self.editing) {
      const { chat, id } = self.editing;
      self.edit(null);
      await act("edit", { chat, message: id, text });
    } else {
      write("");
      put("say", { text }, { text });
    }
  }

  const command = (one) => `/${one.command}${chatOf(store.room.chat).kind === "group" ? `@${store.bot.username}` : ""}`;
  const menuOf = () => me().commands[chatOf(store.room.chat).kind] ?? [];
  const entries = (found) => found.map((one) => h("button", { className: "entry command", onclick: () => run(one) }, h("b", {}, `/${one.command}`), h("span", { dir: "auto" }, one.description)));

  function run(one) {
    commands.hidePopover();
    write("");
    put("say", { text: command(one) }, { text: command(one) });
  }

  function write(text) {
    say.value = text;
    grow();
  }

  function grow() {
    if (!CSS.supports("field-sizing", "content")) {
      say.style.height = "auto";
      say.style.height = `${Math.min(say.scrollHeight, 160)}px`;
    }
    const some = Boolean(say.value.trim());
    go.hidden = !some;
    mic.hidden = some;
    if (store.room && !self.editing) keepDraft(store.room, say.value);
    const typed = /^\/(\S*)$/.exec(say.value);
    const found = typed && !self.editing ? menuOf().filter((one) => one.command.startsWith(typed[1])) : [];
    suggestions.replaceChildren(...entries(found));
    suggestions.hidden = !found.length;
  }

  say.addEventListener("input", grow);
  say.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
    if (event.key === "ArrowUp" && !suggestions.hidden) { event.preventDefault(); $$("button", suggestions).at(-1).focus(); }
    else if (event.key === "ArrowUp" && !say.value) {
      const last = messagesIn(store.room).filter((one) => one.sender.id === store.me && one.text && !one.media && !one.sender.via).at(-1);
      if (last) { event.preventDefault(); self.edit(last); }
    }
  });
  say.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) { event.preventDefault(); self.offer(files); }
  });
  self.element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!suggestions.hidden) { suggestions.hidden = true; say.focus(); }
    else if (self.editing) self.edit(null);
    else self.reply(null);
  });
  picker.addEventListener("change", () => { self.offer([...picker.files]); picker.value = ""; });
  mic.addEventListener("click", () => recorder.start());
  slash.addEventListener("click", () => commands.replaceChildren(...(menuOf().length ? entries(menuOf()) : [h("p", {}, "The bot has no menu here.")])));

  function drawContext() {
    const about = self.editing ?? self.replying;
    context.hidden = !about;
    context.replaceChildren(...(about ? [
      icon(self.editing ? "edit" : "reply"),
      h("p", {}, h("b", {}, self.editing ? "Edit" : `Reply to ${about.sender.name}`), h("span", { dir: "auto" }, gist(about))),
      h("button", { className: "round", "aria-label": self.editing ? "Stop editing" : "Do not reply", onclick: () => (self.editing ? self.edit(null) : self.reply(null)) }, icon("close")),
    ] : []));
  }

  self.reply = (message) => {
    self.replying = message;
    if (message) { if (self.editing) self.edit(null); ready(); }
    drawContext();
  };
  /** Edit one's own words; what was begun before comes back afterwards. */
  self.edit = (message) => {
    self.replying = null;
    self.editing = message;
    write(message?.text ?? draftOf(store.room));
    say.focus();
    drawContext();
  };
  self.offer = (files) => {
    if (!files.length) return;
    if (!instead.hidden) toast(`Press “${instead.textContent}” first.`, { bad: true });
    else offerFiles(files, (kind, caption, shown) => put("send", { kind, caption }, shown, files));
  };

  /** What can be done here now: write, start, or let the bot write again. */
  self.refresh = () => {
    const key = `${store.me}:${roomKey(store.room)}`;
    if (self.room !== key) {
      self.room = key;
      self.replying = self.editing = null;
      write(draftOf(store.room));
      drawContext();
    }
    const own = store.room.chat === me().chat;
    const payload = new URLSearchParams(location.search).get("start");
    const start = own && (!me().started || payload !== null), blocked = own && me().blocked;
    instead.hidden = !(start || blocked);
    line.hidden = recorder.active || !instead.hidden;
    slash.hidden = !menuOf().length;
    instead.replaceChildren(...(blocked
      ? [h("button", { className: "primary", onclick: () => act("block", { blocked: false }) }, "Unblock the bot")]
      : start ? [h("button", { className: "primary", onclick: () => { history.replaceState(history.state, "", "/"); follow({ start: payload ?? "" }); self.refresh(); } }, "Start")] : []));
    drawKeyboard();
  };

  function drawKeyboard() {
    const last = messagesIn(store.room).filter((one) => one.keyboard && !one.keyboard.force_reply && isMeant(one)).at(-1)?.keyboard;
    const rows = last?.keyboard ?? [];
    keyboard.hidden = !rows.length;
    keyboard.replaceChildren(...rows.map((row) => h("div", { className: "row" }, row.map((button) => {
      const text = button.text ?? button;
      return h("button", { onclick: () => put("say", { text }, { text }) }, h("span", { className: "label", title: text }, text));
    }))));
  }

  return self;
}
