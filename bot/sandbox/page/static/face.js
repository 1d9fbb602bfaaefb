// Somebody's face: their photo, or their first letter on a colour of their own.

import { h } from "./dom.js";
import { personOf } from "./store.js";

const TINTS = 7;

export const tint = (id) => Math.abs(id) % TINTS;

/** @param who has an `id` and a `name`. @param sign stands in the place of the letter. */
export function face(who, sign) {
  const photo = sign ? null : personOf(who.id)?.photo;
  return h("span", { className: `face tint-${tint(who.id)}`, "aria-hidden": "true" },
    photo ? h("img", { src: photo, alt: "" }) : sign ?? who.name.slice(0, 1).toUpperCase());
}
