"""What happens inside, at one moment: engines, the queue of tasks, their steps, links, the bill, the switches."""

from datetime import datetime
from typing import Any

from bot.sandbox.emo import EmoServer
from bot.sandbox.page.exchanges import bare
from bot.sandbox.page.steps import NAMES, Steps
from bot.sandbox.page.switches import Switches

MOST_TASKS, MOST_LINKS = 20, 30


def show_inside(emo: EmoServer | None, steps: Steps, switches: Switches, asked: str | None) -> dict[str, Any]:
    """The second tab of the page, except for the calls, which are told one by one.

    Args:
        asked: the model that the bot named last.
    """
    shown: dict[str, Any] = {"switches": switches.shown(), "engines": [], "tasks": [], "links": [], "bill": None}
    if emo is None:
        return shown
    shown["engines"] = show_engines(emo, asked)
    waiting = [task.task_id for task in emo.tasks.values() if task.state == "PENDING"]
    for task in list(emo.tasks.values())[-MOST_TASKS:][::-1]:
        shown["tasks"].append(
            {
                "id": task.task_id,
                "state": task.state,
                "place": waiting.index(task.task_id) + 1 if task.task_id in waiting else None,
                "progress": round(task.progress, 2),
                "model": task.model,
                "kind": task.order.tier,
                "style": task.order.style_level if task.order.boxes else None,
                "seconds": task.seconds,
                "code": task.code,
                "message": task.message,
                "submitted": seconds(task.submitted_at),
                "scheduled": seconds(task.scheduled_at),
                "ended": seconds(task.ended_at),
                "picture": f"/tasks/{task.task_id}.jpg" if task.picture else None,
                "video": f"/tasks/{task.task_id}.mp4" if task.video and task.state == "SUCCEEDED" else None,
                "steps": show_steps(steps, task.task_id),
            }
        )
    shown["links"] = show_links(emo)
    images = sum(int(entry.quantity) for entry in emo.bill if not entry.task_id)
    total = sum((entry.amount for entry in emo.bill), start=0)
    video = sum(float(entry.quantity) for entry in emo.bill if entry.task_id)
    shown["bill"] = {"images": images, "seconds": round(video, 2), "cny": f"{total:.3f}"}
    return shown


def show_engines(emo: EmoServer, asked: str | None) -> list[dict[str, Any]]:
    """The models that make videos: what they cost, whether they are alive, and which one the bot uses."""
    return [
        {
            "title": model.title,
            "model": model.name,
            "prices": [f"{price} CNY/s at {kind}" for kind, price in model.prices.items()],
            "longest": model.longest_sound,
            "alive": emo.models.lives[model.name] == "alive",
            "on": asked in (model.name, model.looker),
        }
        for model in emo.models.served
    ]


def show_steps(steps: Steps, task_id: str) -> list[dict[str, Any]]:
    """The five steps of a task, as far as they have come."""
    way = steps.ways.get(task_id)
    if way is None:
        return []
    rows = []
    for name in NAMES:
        step = way.steps[name]
        rows.append({"name": name, "times": step.times, "ok": step.ok, "milliseconds": round(step.milliseconds)})
    return rows


def show_links(emo: EmoServer) -> list[dict[str, Any]]:
    """The links that the bot gave to the service, newest first, and what came of fetching them."""
    links: dict[str, dict[str, Any]] = {}
    for task in emo.tasks.values():
        for url in (task.order.image_url, task.order.audio_url):
            links.setdefault(bare(url).removesuffix("?…"), {"tasks": 0, "fetches": []})["tasks"] += 1
    for fetch in emo.fetches:
        links.setdefault(fetch.url, {"tasks": 0, "fetches": []})["fetches"].append(fetch.status)
    return [{"url": url} | facts for url, facts in list(links.items())[-MOST_LINKS:][::-1]]


def seconds(moment: datetime | None) -> float | None:
    """Seconds since the epoch."""
    return moment.timestamp() if moment else None
