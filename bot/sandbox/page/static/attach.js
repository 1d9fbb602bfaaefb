// Files that were picked, pasted or dropped: what they are sent as, a caption, and off they go.

import { bytes, h } from "./dom.js";

const WAYS = {
  photo: [["photo", "As a photo"], ["document", "As a file, untouched"]],
  audio: [["voice", "As a voice message"], ["audio", "As an audio file"], ["document", "As a file"]],
  video: [["video", "As a video"], ["video_note", "As a round video"], ["document", "As a file"]],
  sticker: [["photo", "As a photo"], ["sticker", "As a sticker"], ["document", "As a file, untouched"]],
  document: [["document", "As a file"]],
};

function kindOf(file) {
  if (file.type === "image/webp") return "sticker";
  if (file.type.startsWith("image/") && file.type !== "image/svg+xml") return "photo";
  if (file.type.startsWith("audio/")) return "audio";
  if (file.type.startsWith("video/")) return "video";
  return "document";
}

/** @param send gets the kind, the caption and what the chat shows meanwhile. */
export function offerFiles(files, send) {
  const kinds = new Set(files.map(kindOf));
  const ways = WAYS[kinds.size === 1 ? [...kinds][0] : "document"];
  const caption = h("input", { type: "text", maxLength: 1024, id: "caption", placeholder: "Caption", autocomplete: "off", dir: "auto" });
  const urls = [];
  const view = (file) => {
    const shown = ["photo", "sticker"].includes(kindOf(file)) ? URL.createObjectURL(file) : null;
    if (shown) urls.push(shown);
    return h("li", {}, shown ? h("img", { src: shown, alt: "" }) : null, h("span", {}, file.name || "pasted picture"), h("small", {}, bytes(file.size)));
  };
  const choice = ([kind, label], number) =>
    h("label", {}, h("input", { type: "radio", name: "kind", value: kind, checked: number === 0 }), label);
  const form = h("form", { method: "dialog" },
    h("h2", { id: "attach-title" }, files.length === 1 ? "Send a file" : `Send ${files.length} files`),
    h("ul", { className: "files" }, files.slice(0, 6).map(view)),
    h("fieldset", {}, h("legend", { className: "hidden" }, "How"), ways.map(choice)),
    h("label", { className: "hidden", htmlFor: "caption" }, "Caption"), caption,
    h("div", { className: "row end" },
      h("button", { type: "button", onclick: () => box.close() }, "Cancel"),
      h("button", { className: "primary", value: "send" }, "Send")));
  const box = h("dialog", { className: "sheet", "aria-labelledby": "attach-title" }, form);
  box.addEventListener("close", () => { urls.forEach((url) => URL.revokeObjectURL(url)); box.remove(); });
  form.addEventListener("submit", () => {
    const kind = new FormData(form).get("kind");
    const words = caption.value.trim();
    send(kind, words, { name: files.map((file) => file.name || "pasted picture").join(", "), text: words });
  });
  document.body.append(box);
  box.showModal();
  form.querySelector("button.primary").focus();
}
