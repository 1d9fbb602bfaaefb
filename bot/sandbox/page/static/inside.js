// What happens inside: every call as it happens, engines, tasks and their steps, links, and switches for what goes wrong.

import { $, clock, h } from "./dom.js";
import { act } from "./server.js";
import { me, on, store } from "./store.js";

const STATES = { PENDING: "waiting", RUNNING: "rendering", SUCCEEDED: "done", FAILED: "failed", CANCELED: "cancelled" };

export function setUpInside() {
  const switches = h("div", { className: "switches" });
  const tasks = h("div", { className: "tasks" });
  const links = h("ul", { className: "links" });
  const engines = h("ul", { className: "engines" });
  const bill = h("p", { className: "bill" });
  const calls = h("ol", { className: "calls", reversed: true });
  const filter = h("select", { id: "filter", onchange: () => drawCalls() },
    h("option", { value: "" }, "all"), h("option", { value: "telegram" }, "to Telegram"), h("option", { value: "emo" }, "to the service"));
  const part = (id, title, ...rest) => h("section", { "aria-labelledby": id }, h("h2", { id }, title), ...rest);
  $("#inside").replaceChildren(
    store.emo && part("work", "Tasks", bill, tasks),
    part("asked", "The bot’s calls, newest first", h("label", { className: "filter" }, "Show ", filter), calls),
    part("wrong", "What may go wrong", switches),
    store.emo && part("engines", "Engines", engines),
    store.emo && part("given", "Links given to the service", links));

  const kept = new Map();
  const drawTasks = () => {
    const shown = store.inside.tasks.map((task) => {
      const key = JSON.stringify(task);
      const old = kept.get(task.id);
      if (old?.key === key) return old.element;
      if (old && old.state === task.state && old.video === task.video && old.picture === task.picture) changeTask(old.element, task);
      const element = old && old.state === task.state && old.video === task.video && old.picture === task.picture ? old.element : makeTask(task);
      kept.set(task.id, { key, element, state: task.state, video: task.video, picture: task.picture });
      return element;
    });
    const before = [...tasks.children];
    if (shown.length !== before.length || shown.some((one, number) => one !== before[number])) {
      tasks.replaceChildren(...(shown.length ? shown : [h("p", { className: "empty" }, "None yet: send a photo and a voice message.")]));
    }
  };
  const drawInside = () => {
    drawSwitches(switches);
    if (!store.emo) return;
    drawEngines(engines);
    drawTasks();
    const { images, seconds, cny } = store.inside.bill;
    bill.textContent = `The bill so far: ${images} photo${images === 1 ? "" : "s"} looked at, ${seconds} s of video, ${cny} CNY.`;
    const text = JSON.stringify(store.inside.links);
    if (links.dataset.text !== text) {
      links.dataset.text = text;
      links.replaceChildren(...store.inside.links.map(makeLink));
    }
  };
  const drawCalls = () => {
    calls.replaceChildren(...store.exchanges.filter((one) => !filter.value || one.side === filter.value).map(makeCall).reverse());
  };
  on("inside", drawInside);
  on("people", drawInside);
  on("fresh", () => { drawInside(); drawCalls(); });
  on("exchange", (exchange) => {
    if (filter.value && exchange.side !== filter.value) return;
    calls.prepend(makeCall(exchange));
    while (calls.children.length > 200) calls.lastElementChild.remove();
  });
  drawInside();
  drawCalls();
}

function drawEngines(place) {
  const text = JSON.stringify(store.inside.engines);
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.replaceChildren(...store.inside.engines.map((engine) => h("li", { className: `${engine.on ? "on" : ""}${engine.alive ? "" : " retired"}` },
    h("b", {}, engine.title), h("code", {}, engine.model),
    h("span", { className: "state" }, [engine.on && "in use", !engine.alive && "retired"].filter(Boolean).join(", ") || "not asked yet"),
    h("span", { className: "note" }, `${engine.prices.join(", ")} · voices below ${engine.longest} s`))));
  const on = store.inside.engines.find((engine) => engine.on);
  $("#engine").replaceChildren(...(on ? ["Engine: ", h("b", {}, on.title), on.alive ? "" : " (retired)"] : []));
}

function drawSwitches(place) {
  const blocked = { name: "blocked", title: me().name === "You" ? "You block the bot" : `${me().name} blocks the bot`, text: "Nothing that it sends arrives in the private chat.", on: me().blocked, left: 0 };
  for (const one of [...store.inside.switches, blocked]) {
    let button = place.querySelector(`[data-name="${one.name}"]`);
    if (!button) {
      button = h("button", { role: "switch", dataset: { name: one.name }, onclick: () => turn(one.name, button) },
        h("span", { className: "knob", "aria-hidden": "true" }),
        h("span", { className: "about" }, h("b", {}), h("span", {})));
      place.append(button);
    }
    button.setAttribute("aria-checked", String(one.on));
    button.querySelector("b").textContent = one.title + (one.left ? ` (${one.left} left)` : "");
    button.querySelector(".about span").textContent = one.text;
  }
}

function turn(name, button) {
  const on = button.getAttribute("aria-checked") !== "true";
  return name === "blocked" ? act("block", { blocked: on }) : act("switch", { name, on });
}

function makeTask(task) {
  const steps = h("ol", { className: "steps" });
  const progress = h("progress", { max: 1, "aria-label": "Progress of the rendering" });
  const element = h("article", { className: `task ${task.state.toLowerCase()}`, "aria-label": `Task ${task.id.slice(0, 8)}` },
    task.picture ? h("img", { src: task.picture, alt: "The portrait of this task" }) : h("div", { className: "blank", "aria-hidden": "true" }),
    h("div", { className: "facts" }, h("h3", {}), steps, progress, h("p", { className: "note" })),
    task.video ? h("video", { src: task.video, controls: true, preload: "none", poster: task.picture ?? "", "aria-label": "The video of this task" }) : null);
  changeTask(element, task);
  return element;
}

function changeTask(element, task) {
  const place = task.place ? `, place ${task.place}` : "";
  $("h3", element).replaceChildren(h("code", {}, task.id.slice(0, 8)), ` ${STATES[task.state] ?? task.state}${place}`);
  const progress = $("progress", element);
  progress.hidden = task.state !== "RUNNING";
  progress.value = task.progress;
  $(".note", element).textContent = [
    task.model, task.kind, task.style, task.seconds && `${task.seconds.toFixed(1)} s of video`, task.scheduled && task.ended && `made in ${(task.ended - task.scheduled).toFixed(1)} s`,
    task.code && `${task.code}: ${task.message}`,
  ].filter(Boolean).join(" · ");
  $(".steps", element).replaceChildren(...task.steps.map((step) => {
    const state = step.ok ? "done" : step.times ? "failed" : "open";
    const times = step.times > 1 ? ` ×${step.times}` : "";
    return h("li", { className: state, title: step.times ? `${step.milliseconds} ms` : "" }, `${step.name}${times}`,
      h("span", { className: "hidden" }, state === "open" ? ", not yet" : `, ${state}`));
  }));
}

function makeLink(link) {
  const answers = link.fetches.length ? link.fetches.map((status) => status ?? "no answer").join(", ") : "not yet";
  return h("li", {}, h("code", {}, link.url.replace(/^https?:\/\/[^/]+/, "")), h("span", {}, `fetched: ${answers}`));
}

function makeCall(exchange) {
  const bad = exchange.status !== 200;
  const details = h("details", { className: `${exchange.side}${bad ? " bad" : ""}` },
    h("summary", {}, h("time", {}, `${clock(exchange.at)}:${String(new Date(exchange.at * 1000).getSeconds()).padStart(2, "0")}`),
      h("span", { className: "party" }, exchange.side === "emo" ? "Service" : "Telegram"), h("b", {}, exchange.call),
      h("span", { className: "gist", dir: "auto" }, gistOf(exchange)),
      h("span", { className: "status" }, `${exchange.status ?? "cut"}${exchange.fault ? " (switch)" : ""}`), h("span", { className: "ms" }, `${exchange.milliseconds} ms`)));
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(h("p", {}, "Asked"), h("pre", { tabIndex: 0 }, JSON.stringify(exchange.params, null, 2)),
      h("p", {}, "Answered"), h("pre", { tabIndex: 0 }, JSON.stringify(exchange.answer, null, 2)));
  });
  return h("li", {}, details);
}

function gistOf({ params, answer }) {
  const said = params?.text ?? params?.caption ?? params?.action ?? params?.task_id ?? params?.path ?? params?.parameters?.ratio ?? params?.parameters?.style_level ?? params?.model;
  const result = answer?.output?.task_status ?? answer?.description ?? answer?.code ?? (answer?.output?.check_pass === false ? answer.output.code : undefined);
  return [said, result].filter(Boolean).join(" → ");
}
