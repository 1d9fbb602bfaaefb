// A message's words with their entities, as elements.

import { h } from "./dom.js";
import { store } from "./store.js";

const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote",
  expandable_blockquote: "blockquote" };

/**
 * Entities nest and count in UTF-16 units, as JavaScript's strings do.
 * @param follow gets what is to be followed: `{command}` or `{start}` (a deep link's payload).
 */
export function words(text, entities, follow) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, sorted, 0, text.length, follow);
}

function build(text, entities, begin, end, follow) {
  const nodes = [];
  let at = begin;
  for (let number = 0; number < entities.length; number++) {
    const entity = entities[number];
    if (entity.offset < at || entity.offset >= end) continue;
    if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
    const stop = Math.min(entity.offset + entity.length, end);
    const inner = entities.slice(number + 1).filter((one) => one.offset < stop);
    nodes.push(mark(entity, text.slice(entity.offset, stop), build(text, inner, entity.offset, stop, follow), follow));
    at = stop;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function mark(entity, raw, inner, follow) {
  switch (entity.type) {
    case "bot_command":
      return h("button", { className: "inline", dir: "auto", onclick: () => follow({ command: raw }) }, inner);
    case "url":
    case "text_link":
      return link(entity.url ?? raw, inner, follow);
    case "spoiler": {
      const hidden = h("button", { className: "spoiler", "aria-label": "Hidden words: show them",
        onclick: () => hidden.replaceWith(h("span", {}, inner)) });
      hidden.style.width = `${raw.length}ch`;
      return hidden;
    }
    default:
      return h(TAGS[entity.type] ?? "span", { className: `entity-${entity.type}` }, inner);
  }
}

export function link(url, inner, follow) {
  const payload = deepLink(url);
  if (payload !== null) {
    const onclick = (event) => { event.preventDefault(); follow({ start: payload }); };
    return h("a", { href: `?start=${encodeURIComponent(payload)}`, onclick }, inner); // no button: it breaks into lines as words do
  }
  const href = /^[a-z]+:/i.test(url) ? url : `https://${url}`;
  if (!/^(https?|mailto|tg):/i.test(href)) return h("span", {}, inner);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, inner);
}

/** The payload of a link to this bot, "" without one; null for any other link. */
export function deepLink(url) {
  const match = /^(?:https?:\/\/)?t\.me\/([a-z0-9_]+)\/?(?:\?(.*))?$/i.exec(url);
  if (!match || match[1].toLowerCase() !== String(store.bot.username).toLowerCase()) return null;
  return new URLSearchParams(match[2] ?? "").get("start") ?? "";
}
