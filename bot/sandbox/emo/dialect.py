"""How a gateway in front of the service speaks: its paths, its envelope, its words for a task and for a no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.emo.refusal import Refusal


@dataclass(frozen=True)
class Dialect:
    """What a gateway changes; without arguments it is the vendor itself.

    Args:
        tasks: path of a poll from the host's root, with `{task_id}`; None: `/api/v1/tasks/{task_id}` after the prefix.
        envelope: `code` of a success, where answers come as `{"code", "message", "data": {…}}`.
        flat: whether what the vendor puts into `output` stands beside `request_id` and `usage`.
        id_name: what a task's id is called.
        state_name: what its state is called.
        states: the gateway's words for the vendor's states, where they differ.
        result_url: whether the video's link stands right there under this name, and not in `results.video_url`.
        seconds_name: what the billed seconds are called in `usage`; None: as the model does.
        refused_looks: HTTP status of a look that refuses a face.
        errors: how a no is written: as the vendor does, as OpenAI does, or as a page.
        lists: whether tasks can be listed. cancels: taken back. uploads: whether there is temporary storage.
    """

    tasks: str | None = None
    envelope: int | str | None = None
    flat: bool = False
    id_name: str = "task_id"
    state_name: str = "task_status"
    states: Mapping[str, str] = field(default_factory=dict)
    result_url: bool = False
    seconds_name: str | None = None
    refused_looks: Literal[200, 400] = 200
    errors: Literal["vendor", "openai", "page"] = "vendor"
    lists: bool = True
    cancels: bool = True
    uploads: bool = True

    def dress(self, answer: dict[str, Any]) -> web.Response:
        """Say an answer of the vendor's in this dialect."""
        output = answer.get("output", {})
        if output.get("check_pass") is False and self.refused_looks != 200:
            return self.refuse(Refusal(self.refused_looks, output["code"], output["message"]))
        said = dict(answer)
        if "task_id" in output:
            said["output"] = self._task(output)
        if "usage" in said:
            said["usage"] = self._usage(said["usage"])
        if self.flat:
            said |= said.pop("output", {})
        if self.envelope is not None:
            said = {"code": self.envelope, "message": "success", "data": said}
        return web.json_response(said)

    def refuse(self, refusal: Refusal) -> web.Response:
        """Say a no in this dialect."""
        if self.errors == "vendor":
            return refusal.response()
        if self.errors == "openai":
            error = {"message": refusal.message, "type": "api_error", "param": "", "code": refusal.code}
            return web.json_response({"error": error}, status=refusal.status)
        return web.Response(status=refusal.status, text=page(refusal.status), content_type="text/html")

    def _task(self, output: dict[str, Any]) -> dict[str, Any]:
        said = {name: value for name, value in output.items() if name not in ("task_id", "task_status", "results")}
        state = output["task_status"]
        task = {self.id_name: output["task_id"], self.state_name: self.states.get(state, state)}
        if "results" in output:
            results = output["results"]
            task |= {"result_url": results["video_url"]} if self.result_url else {"results": results}
        return task | said

    def _usage(self, usage: dict[str, Any]) -> dict[str, Any]:
        return {
            self.seconds_name if self.seconds_name and name in ("duration", "video_duration") else name: value
            for name, value in usage.items()
        }


def page(status: int) -> str:
    """What stands in front of a gateway says, when it says no by itself."""
    return f"<html>\n<head><title>{status}</title></head>\n<body><center><h1>{status}</h1></center></body>\n</html>\n"


RELAY = Dialect(errors="openai", lists=False, cancels=False, uploads=False)
"""Hands the vendor's answers on; its own errors are OpenAI's, and it knows no other call."""
VIDEO_PATH = Dialect("/qwen/api/v1/tasks/video/{task_id}", errors="openai", lists=False, cancels=False, uploads=False)
"""The same, with a path of its own for polls."""
WRAPPED = Dialect(envelope=0, lists=False, cancels=False, uploads=False)
"""Puts every answer of the vendor's into an envelope."""
WRAPPED_FLAT = Dialect(
    envelope="success",
    flat=True,
    state_name="status",
    states={"PENDING": "NOT_START", "RUNNING": "IN_PROGRESS", "SUCCEEDED": "SUCCESS", "FAILED": "FAILURE"},
    errors="openai",
    lists=False,
    cancels=False,
    uploads=False,
)
"""The envelope with tasks of its own making."""
FLAT = Dialect(
    "/v1/tasks/{task_id}",
    flat=True,
    state_name="status",
    states={"PENDING": "queued", "RUNNING": "in_progress", "SUCCEEDED": "completed", "FAILED": "failed"},
    result_url=True,
    seconds_name="video_duration",
    refused_looks=400,
    errors="openai",
    lists=False,
    cancels=False,
    uploads=False,
)
"""Polls far from where it takes tasks, and tells of them in words of its own."""
