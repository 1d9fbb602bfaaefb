"""The calls of the service: each reads what is asked, does it for an account, and answers as documented."""

import json
import uuid
from typing import Any

from aiohttp import web

from bot.sandbox.detection import Detection
from bot.sandbox.emo.account import Account
from bot.sandbox.emo.intake import Portrait
from bot.sandbox.emo.models import Models
from bot.sandbox.emo.orders import DetectOrder, SubmitOrder, read_detect, read_submit
from bot.sandbox.emo.refusal import Refusal
from bot.sandbox.emo.storage import Storage
from bot.sandbox.emo.studio import Studio
from bot.sandbox.emo.tasks import ServedTask, TaskBoard, output_of
from bot.sandbox.emo.uploads import Caller, Uploads
from bot.sandbox.emo.worker import Engine, WorkerError


class Calls:
    """Detect, submit, poll, cancel, list, and the policy of an upload.

    Args:
        models: that are served.
        engine: looks.
        studio: fetches and makes videos.
        board: keeps the tasks.
        storage: gives out videos.
        uploads: temporary files.
        notes: hears of what went wrong in here.
        fetch_at_submit: whether the media of a task are fetched within the submit.
        refused_looks: HTTP status of a look that refuses a face: one that fails as a request is free.
    """

    def __init__(
        self,
        models: Models,
        engine: Engine,
        studio: Studio,
        board: TaskBoard,
        storage: Storage,
        uploads: Uploads,
        notes: list[str],
        *,
        fetch_at_submit: bool,
        refused_looks: int,
    ) -> None:
        self._models = models
        self._engine = engine
        self._studio = studio
        self._board = board
        self._storage = storage
        self._uploads = uploads
        self._notes = notes
        self._fetch_at_submit = fetch_at_submit
        self._refused_looks = refused_looks

    async def detect(self, request: web.Request, account: Account) -> dict[str, Any]:
        """Look at a portrait; each look that is answered with 200 is billed, refused or not."""
        order = read_detect(self._models, request.headers, await _fields(request))
        looker = order.model.looker
        portrait = await self._studio.intake.image(order.image_url, Caller(account.number, looker, order.resolve))
        found = await self._see(portrait, order)
        if found.passed or self._refused_looks == 200:
            account.charge_look(looker)
        output: dict[str, Any] = {"check_pass": found.passed}
        if not found.passed:
            output.update(code=found.code, message=found.message)
        else:
            self._studio.remember(order.model.name, portrait.media.digest, found)
            boxes = {"face_bbox": found.face_bbox, "ext_bbox": found.ext_bbox}
            output.update(boxes if order.model.boxes else {"humanoid": True})
        return {"output": output, "usage": {"image_count": 1}, "request_id": str(uuid.uuid4())}

    async def submit(self, request: web.Request, account: Account) -> dict[str, Any]:
        """Take a task."""
        order = read_submit(self._models, request.headers, await _fields(request))
        self._check_names(order, account)
        task = ServedTask(str(uuid.uuid4()), account.number, order, self._board.clock())
        if self._fetch_at_submit:
            await self._studio.fetch(task)
        self._board.sweep()
        self._uploads.sweep()
        self._board.add(task)
        output = {"task_id": task.task_id, "task_status": "PENDING"}
        return {"output": output, "request_id": str(uuid.uuid4())}

    async def poll(self, request: web.Request, account: Account) -> dict[str, Any]:
        """Tell how a task is doing; one that is another account's is unknown."""
        task_id = request.match_info["task_id"]
        task = self._board.find(task_id, account.number)
        if task is None:
            return {"request_id": str(uuid.uuid4()), "output": {"task_id": task_id, "task_status": "UNKNOWN"}}
        ended = task.ended_at if task.state == "SUCCEEDED" else None
        return output_of(task, self._storage.video_url(task_id, ended) if ended else None)

    async def cancel(self, request: web.Request, account: Account) -> dict[str, Any]:
        """Take a task back."""
        self._board.cancel(request.match_info["task_id"], account.number)
        return {"request_id": str(uuid.uuid4())}

    async def list(self, request: web.Request, account: Account) -> dict[str, Any]:
        """One page of an account's tasks."""
        return self._board.page(dict(request.query), account.number)

    async def policy(self, request: web.Request, account: Account) -> dict[str, Any]:
        """What an upload needs to know."""
        if request.query.get("action") != "getPolicy":
            raise Refusal(400, "InvalidParameter", "The action is invalid.")
        data = self._uploads.policy(account, request.query.get("model", ""))
        return {"request_id": str(uuid.uuid4()), "data": data}

    def _check_names(self, order: SubmitOrder, account: Account) -> None:
        """Refuse `oss://` names that cannot be resolved within the call; links are tried when they are fetched."""
        caller = Caller(account.number, order.model.name, order.resolve)
        for link in (order.image_url, order.audio_url):
            if link.startswith("oss://"):
                self._uploads.find(link, caller)

    async def _see(self, portrait: Portrait, order: DetectOrder) -> Detection:
        path = portrait.media.path
        try:
            if not portrait.fits:
                return Detection(False, code="InvalidFile.Resolution", message="The image resolution is not supported.")
            return await self._engine.looker.run(self._engine.detect, path, order.ratio, seconds=30.0)
        except WorkerError as error:
            self._notes.append(f"detect failed: {error}")
            raise Refusal(500, "InternalError.Algo", "Inference error.") from None
        finally:
            path.unlink(missing_ok=True)


async def _fields(request: web.Request) -> dict[str, Any]:
    try:
        fields = json.loads(await request.read())
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(400, "InvalidParameter", "The request body is not a JSON object.")
    return fields
