// The microphone: a voice message is recorded as Opus, with its level to be seen while it is.

import { h, icon, length, toast } from "./dom.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const LONGEST = 15 * 60;

/** @param done gets the recorded file and its length in seconds. @param changed is told when recording begins and ends. */
export function makeRecorder(done, changed) {
  const self = { active: false };
  const time = h("span", { className: "time", role: "timer" }, "0:00");
  const level = h("meter", { min: 0, max: 1, value: 0, "aria-label": "Loudness" });
  const send = h("button", { className: "round primary", "aria-label": "Send the recording", onclick: () => stop(true) }, icon("send"));
  self.element = h("div", { className: "recording", hidden: true, role: "group", "aria-label": "Recording" },
    h("span", { className: "dot", "aria-hidden": "true" }), h("span", { role: "status" }, "Recording"), time, level,
    h("button", { className: "round", "aria-label": "Throw the recording away", onclick: () => stop(false) }, icon("trash")), send);
  let recorder, stream, sound, timer, chunks, wanted, seconds;

  self.start = async () => {
    if (self.active) return;
    if (!navigator.mediaDevices || !window.MediaRecorder) return toast("This browser cannot record sound.", { bad: true });
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
    } catch (error) {
      return toast(error.name === "NotFoundError" ? "There is no microphone." : "The microphone may not be used: allow it in the browser.", { bad: true });
    }
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32000 });
    chunks = [];
    recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
    recorder.addEventListener("stop", () => end(recorder.mimeType));
    recorder.start();
    seconds = 0;
    show(true);
    meter(Date.now());
    send.focus();
  };

  function meter(begun) {
    sound = new AudioContext();
    const analyser = sound.createAnalyser();
    sound.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    timer = setInterval(() => {
      seconds = (Date.now() - begun) / 1000;
      analyser.getFloatTimeDomainData(samples);
      level.value = Math.min(1, Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) * 4);
      time.textContent = length(seconds);
      if (seconds > LONGEST) stop(true);
    }, 100);
  }

  function stop(keep) {
    if (recorder?.state !== "recording") return;
    wanted = keep;
    recorder.stop();
  }

  function end(type) {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    sound.close();
    show(false);
    const data = new Blob(chunks, { type });
    if (wanted && data.size) done(new File([data], "recording", { type }), seconds);
  }

  function show(active) {
    self.active = active;
    self.element.hidden = !active;
    changed();
  }

  self.element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); stop(false); }
  });
  return self;
}
