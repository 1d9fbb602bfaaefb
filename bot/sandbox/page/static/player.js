// Voices with a waveform, videos, round notes, pictures, stickers and files.

import { bytes, h, icon, length } from "./dom.js";

let playing = null;

/** Only one thing speaks at a time. */
function alone(media) {
  media.addEventListener("play", () => {
    if (playing && playing !== media) playing.pause();
    playing = media;
  });
  return media;
}

export function media(shown, name) {
  switch (shown.kind) {
    case "photo":
      return picture(shown, `Photo from ${name}`);
    case "voice":
      return voice(shown, name);
    case "audio":
      return h("div", { className: "audio" }, h("span", { className: "file-name" }, shown.title ?? shown.file_name ?? "Sound"),
        alone(h("audio", { controls: true, preload: "metadata", src: shown.url, "aria-label": `Sound from ${name}` })));
    case "video":
      return video(shown, name);
    case "animation":
      return loop(shown, name);
    case "video_note":
      return note(shown, name);
    case "sticker":
      return shown.is_video
        ? h("video", { className: "sticker", src: shown.url, autoplay: true, loop: true, muted: true, "aria-label": `Sticker ${shown.emoji ?? ""}` })
        : h("img", { className: "sticker", src: shown.url, alt: `Sticker ${shown.emoji ?? ""}` });
    case "location":
      return h("p", { className: "file" }, `Place: ${shown.place?.latitude}, ${shown.place?.longitude}`);
    default:
      return h("a", { className: "file", href: shown.url, download: shown.file_name ?? "file" }, icon("file"),
        h("span", {}, h("span", { className: "file-name" }, shown.file_name ?? "File"), h("small", {}, bytes(shown.size))));
  }
}

function frame(shown) {
  return shown.width && shown.height ? `${shown.width} / ${shown.height}` : "";
}

function picture(shown, name) {
  const image = h("img", { src: shown.url, alt: name, loading: "lazy" });
  image.style.aspectRatio = frame(shown);
  const large = () => {
    const box = h("dialog", { className: "viewer", "aria-label": name, onclose: () => box.remove(), onclick: () => box.close() },
      h("img", { src: shown.url, alt: name }),
      h("button", { className: "round", "aria-label": "Close" }, icon("close")));
    document.body.append(box);
    box.showModal();
  };
  return h("button", { className: "picture", "aria-label": `${name}: show it large`, onclick: large }, image);
}

function video(shown, name) {
  const element = alone(h("video", {
    src: shown.url, controls: true, playsInline: true, preload: "metadata", poster: shown.thumbnail ?? "",
    "aria-label": `Video from ${name}, ${length(shown.duration ?? 0)}`,
  }));
  element.style.aspectRatio = frame(shown);
  return element;
}

/** A loop without sound plays by itself, as in Telegram, unless whoever looks wants less to move; a click stops it. */
function loop(shown, name) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const element = h("video", { src: shown.url, autoplay: !still, loop: true, muted: true, playsInline: true, poster: shown.thumbnail ?? "" });
  element.style.aspectRatio = frame(shown);
  const button = h("button", { className: "loop" }, element, icon("play"));
  const label = () => {
    button.classList.toggle("playing", !element.paused);
    button.setAttribute("aria-label", `Loop from ${name}: ${element.paused ? "play" : "stop"}`);
  };
  for (const event of ["play", "pause"]) element.addEventListener(event, label);
  button.addEventListener("click", () => (element.paused ? element.play() : element.pause()));
  label();
  return button;
}

function note(shown, name) {
  const element = alone(h("video", { src: shown.url, playsInline: true, preload: "metadata", poster: shown.thumbnail ?? "" }));
  const button = h("button", { className: "note", "aria-label": `Round video from ${name}: play` }, element, icon("play"));
  const label = () => {
    button.classList.toggle("playing", !element.paused);
    button.setAttribute("aria-label", `Round video from ${name}: ${element.paused ? "play" : "pause"}`);
  };
  for (const event of ["play", "pause", "ended"]) element.addEventListener(event, label);
  button.addEventListener("click", () => (element.paused ? element.play() : element.pause()));
  return button;
}

function voice(shown, name) {
  const sound = alone(h("audio", { src: shown.url, preload: "metadata" }));
  const canvas = h("canvas", { width: 336, height: 64, "aria-hidden": "true" });
  const time = h("span", { className: "time" }, length(shown.duration ?? 0));
  const whole = () => (Number.isFinite(sound.duration) && sound.duration) || shown.duration || 1;
  const place = h("input", { type: "range", min: 0, max: 1000, value: 0, step: 1, "aria-label": `Place in the voice message from ${name}` });
  const button = h("button", { className: "round play", "aria-label": `Play the voice message from ${name}` }, icon("play"));
  let bars = [];

  const draw = () => {
    const context = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const step = canvas.width / Math.max(1, bars.length), reached = (sound.currentTime / whole()) * bars.length;
    context.clearRect(0, 0, canvas.width, canvas.height);
    bars.forEach((bar, number) => {
      const height = Math.max(5, (bar / 31) * canvas.height);
      context.fillStyle = style.getPropertyValue(number < reached ? "--wave-done" : "--wave");
      context.beginPath();
      context.roundRect(number * step, (canvas.height - height) / 2, step * 0.6, height, step * 0.3);
      context.fill();
    });
  };
  const tick = () => {
    place.value = String(Math.round((sound.currentTime / whole()) * 1000));
    place.setAttribute("aria-valuetext", `${length(sound.currentTime)} of ${length(whole())}`);
    time.textContent = length(sound.paused && sound.currentTime === 0 ? whole() : sound.currentTime);
    draw();
    if (!sound.paused) requestAnimationFrame(tick);
  };
  const label = () => {
    button.replaceChildren(icon(sound.paused ? "play" : "pause"));
    button.setAttribute("aria-label", `${sound.paused ? "Play" : "Pause"} the voice message from ${name}`);
    tick();
  };
  for (const event of ["play", "pause"]) sound.addEventListener(event, label);
  sound.addEventListener("ended", () => { sound.currentTime = 0; label(); });
  button.addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
  place.addEventListener("input", () => { sound.currentTime = (place.value / 1000) * whole(); tick(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  fetch(shown.waveform).then((answer) => answer.json()).then((found) => { bars = found; draw(); }).catch(() => {});
  return h("div", { className: "voice" }, button, h("div", { className: "wave" }, canvas, place), time, sound);
}
