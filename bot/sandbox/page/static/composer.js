// Below the messages: words, files, samples, the microphone, commands, replies and edits.

import { offerFiles } from "./attach.js";
import { $$, h, icon, roving } from "./dom.js";
import { gist } from "./message.js";
import { makeRecorder } from "./recorder.js";
import { act, chatOf, here, me, messagesIn, roomKey, store } from "./store.js";

/** @param follow opens a deep link in the private chat. */
export function makeComposer(follow) {
  const self = { replying: null, editing: null, room: "" };
  const say = h("textarea", { id: "say", rows: 1, maxLength: 4096, placeholder: "Message", "aria-label": "Message", enterKeyHint: "send", dir: "auto" });
  const picker = h("input", { type: "file", multiple: true, hidden: true, id: "picker", "aria-label": "Files to send" });
  const send = h("button", { className: "round primary", "aria-label": "Send", onclick: () => submit() }, icon("send"));
  const mic = h("button", { className: "round primary", "aria-label": "Record a voice message" }, icon("mic"));
  const commands = h("div", { popover: "auto", className: "menu", id: "commands", "aria-label": "Commands", role: "group" });
  const samples = h("div", { popover: "auto", className: "menu", id: "samples", "aria-label": "Attach", role: "group" });
  const slash = h("button", { className: "round", "aria-label": "Commands of the bot", popoverTargetElement: commands }, icon("slash"));
  const attach = h("button", { className: "round", "aria-label": "Attach", popoverTargetElement: samples }, icon("attach"));
  const context = h("div", { className: "context", hidden: true });
  const keyboard = h("div", { className: "keyboard", hidden: true });
  const line = h("div", { className: "line" }, attach, slash, say, mic, send, picker);
  const instead = h("div", { className: "instead", hidden: true });
  const suggestions = h("div", { className: "suggestions", hidden: true, role: "group", "aria-label": "Fitting commands" });
  const recorder = makeRecorder(async (file) => {
    await act("send", { ...here(), reply: takeReply(), kind: "voice" }, [file]);
    self.refresh();
  }, () => { line.hidden = recorder.active; if (!recorder.active) say.focus(); });
  self.element = h("div", { className: "composer" }, suggestions, context, keyboard, recorder.element, line, instead, commands, samples);
  roving(commands, "button");
  roving(samples, "button");
  roving(suggestions, "button");

  const takeReply = () => {
    const id = self.replying?.id ?? null;
    self.reply(null);
    return id;
  };

  async function submit() {
    const text = say.value.trim();
    if (!text) return;
    if (self.editing) {
      const { chat, id } = self.editing;
      self.edit(null);
      await act("edit", { chat, message: id, text });
    } else {
      say.value = "";
      grow();
      const reply = self.replying?.id ?? null;
      self.reply(null);
      if (!(await act("say", { ...here(), reply, text }))) say.value = text;
    }
    grow();
  }

  const command = (one) => `/${one.command}${chatOf(store.room.chat).kind === "group" ? `@${store.bot.username}` : ""}`;
  const menuOf = () => me().commands[chatOf(store.room.chat).kind];
  const entries = (found) => found.map((one) => h("button", { className: "entry command", onclick: () => run(one) }, h("b", {}, `/${one.command}`), h("span", { dir: "auto" }, one.description)));

  function run(one) {
    commands.hidePopover();
    say.value = "";
    grow();
    const reply = takeReply();
    act("say", { ...here(), reply, text: command(one) });
    say.focus();
  }

  function grow() {
    if (!CSS.supports("field-sizing", "content")) {
      say.style.height = "auto";
      say.style.height = `${Math.min(say.scrollHeight, 160)}px`;
    }
    const some = Boolean(say.value.trim());
    send.hidden = !some;
    mic.hidden = some;
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
      const last = messagesIn(store.room).filter((one) => one.sender.id === store.me && one.text && !one.media).at(-1);
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
  attach.addEventListener("click", () => fillSamples());

  function fillSamples() {
    const row = (sample) => h("button", { className: "entry sample", onclick: async () => {
      samples.hidePopover();
      await act("sample", { ...here(), reply: takeReply(), name: sample.name });
      say.focus();
    } }, sample.kind === "photo" ? h("img", { src: `/samples/${encodeURIComponent(sample.name)}`, alt: "" }) : h("span", { className: "face" }, icon("mic")),
    h("span", {}, `${sample.kind === "photo" ? "Portrait" : "Voice"}: ${sample.name.replace(/\.[^.]*$/, "")}`));
    samples.replaceChildren(
      h("button", { className: "entry", onclick: () => { samples.hidePopover(); picker.click(); } }, h("span", { className: "face" }, icon("file")), h("span", {}, "A file of yours…")),
      ...(store.samples.length ? [h("p", { className: "hint" }, "or a sample, sent at once")] : []),
      ...store.samples.map(row));
  }

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
    if (message) { self.editing = null; say.focus(); }
    drawContext();
  };
  self.edit = (message) => {
    self.editing = message;
    self.replying = null;
    say.value = message?.text ?? "";
    say.focus();
    drawContext();
    grow();
  };
  self.offer = (files) => { if (files.length && instead.hidden) offerFiles(files, takeReply); };

  /** What can be done here now: write, start, or let the bot write again. */
  self.refresh = () => {
    const key = `${store.me}:${roomKey(store.room)}`;
    if (self.room !== key) {
      store.drafts.set(self.room, say.value);
      self.room = key;
      self.replying = self.editing = null;
      say.value = store.drafts.get(key) ?? "";
      drawContext();
      grow();
    }
    const own = store.room.chat === me().chat;
    const payload = new URLSearchParams(location.search).get("start");
    const start = own && (!me().started || payload !== null), blocked = own && me().blocked;
    instead.hidden = !(start || blocked);
    line.hidden = recorder.active || !instead.hidden;
    slash.hidden = !menuOf().length;
    instead.replaceChildren(...(blocked
      ? [h("button", { className: "primary", onclick: () => act("block", { blocked: false }) }, "Unblock the bot")]
      : start ? [h("button", { className: "primary", onclick: () => { history.replaceState(null, "", "/"); follow({ start: payload ?? "" }); self.refresh(); } }, "Start")] : []));
    drawKeyboard();
  };

  function drawKeyboard() {
    const last = messagesIn(store.room).filter((one) => one.sender.bot && one.keyboard).at(-1)?.keyboard;
    const rows = last?.keyboard ?? [];
    keyboard.hidden = !rows.length;
    keyboard.replaceChildren(...rows.map((row) => h("div", { className: "row" }, row.map((button) => {
      const text = button.text ?? button;
      return h("button", { onclick: () => act("say", { ...here(), text }) }, text);
    }))));
  }

  grow();
  return self;
}
