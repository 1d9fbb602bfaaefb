// Ready faces and voices, one click away.

import { h, icon, length, roving } from "./dom.js";
import { store } from "./store.js";

/** @param doing `pick` chooses a file of one's own, `send` sends a sample. */
export function makeSamples(doing) {
  const menu = h("div", { popover: "auto", className: "menu", id: "samples", "aria-label": "Attach", role: "group" });
  const entry = (sign, title, words, then) => h("button", { className: "entry sample", onclick: () => { menu.hidePopover(); then(); } },
    sign, h("span", { className: "about" }, h("b", {}, title), words ? h("span", { className: "said" }, words) : null));
  const row = (sample) => entry(
    sample.kind === "photo" ? h("img", { src: `/samples/${encodeURIComponent(sample.name)}`, alt: "" }) : h("span", { className: "face" }, icon("mic")),
    sample.title, [sample.seconds && length(sample.seconds), sample.words].filter(Boolean).join(" · "), () => doing.send(sample));
  const part = (title, kind) => {
    const found = store.samples.filter((sample) => sample.kind === kind);
    return found.length ? [h("p", { className: "hint" }, title), ...found.map(row)] : [];
  };
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    menu.replaceChildren(entry(h("span", { className: "face" }, icon("file")), "A file of yours…", "", doing.pick),
      ...part("Faces", "photo"), ...part("Voices", "voice"));
  });
  roving(menu, "button");
  return menu;
}
