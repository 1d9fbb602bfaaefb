"""What the service, its siblings and gateways have been seen to answer, in all their shapes."""

from dataclasses import dataclass
from typing import Any, Literal

Call = Literal["detect", "submit", "poll", "list"]

VIDEO = "http://host.oss-cn-beijing.aliyuncs.com/1d/xxx.mp4?Expires=1757658951&Signature=sigsig"
TIMES = {"submit_time": "2025-09-11 14:33:38.716", "scheduled_time": "2025-09-11 14:33:53.089"}
DONE = {**TIMES, "end_time": "2025-09-11 14:35:51.541", "task_status": "SUCCEEDED"}
FACE = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
ROW = {"task_id": "a8532587", "status": "RUNNING", "gmt_create": 1757572418716}
REQUEST = {"request_id": "7574ee8f-38a3-4b1e-9280-11c33ab46e51"}


@dataclass(frozen=True)
class Recorded:
    """One answer.

    Args:
        well: whether it is one that went well: a pass, a task that was taken, or one that has not ended badly.
    """

    call: Call
    status: int
    fields: dict[str, Any]
    well: bool = True


def wrap(fields: dict[str, Any], code: int | str = 0) -> dict[str, Any]:
    """Put an answer into a gateway's envelope."""
    return {"code": code, "message": "success", "data": fields}


def _poll(state: str, **output: Any) -> Recorded:
    return Recorded("poll", 200, {**REQUEST, "output": {"task_id": "a8532587", "task_status": state, **output}})


RECORDED: tuple[Recorded, ...] = (
    Recorded("detect", 200, {**REQUEST, "output": {"check_pass": True, **FACE}, "usage": {"image_count": 1}}),
    Recorded("detect", 200, wrap({"output": {"check_pass": True, **FACE}})),
    Recorded("detect", 200, {"output": {"check_pass": False, "code": "InvalidFile.NoHuman", "message": "No."}}, False),
    Recorded("detect", 400, {**REQUEST, "code": "InvalidFile.FacePose", "message": "Tilted."}, False),
    Recorded("detect", 429, {"code": "Throttling.RateQuota", "message": "Slow down."}, False),
    Recorded("submit", 200, {**REQUEST, "output": {"task_id": "a8532587", "task_status": "PENDING"}}),
    Recorded("submit", 200, wrap({"task_id": "a8532587"})),
    Recorded("submit", 200, wrap({"output": {"task_id": "a8532587", "task_status": "PENDING"}}, "success")),
    Recorded("submit", 200, {"id": "video_a8532587", "object": "video", "status": "queued"}),
    Recorded("submit", 400, {"code": "DataInspectionFailed", "message": "Inappropriate."}, False),
    Recorded("submit", 503, {"error": {"code": "model_not_found", "message": "No available channel."}}, False),
    _poll("PENDING", **TIMES),
    _poll("RUNNING", **TIMES),
    _poll("UNKNOWN"),
    _poll("SUSPENDED"),
    Recorded(
        "poll",
        200,
        {
            **REQUEST,
            "output": {"task_id": "a8532587", **DONE, "results": {"video_url": VIDEO}},
            "usage": {"video_duration": 13.93, "video_ratio": "1:1"},
        },
    ),
    Recorded("poll", 200, {"output": {"task_id": "a8532587", **DONE}, "usage": {"duration": 18.13, "SR": 480}}),
    Recorded("poll", 200, wrap({"output": {"task_id": "a8532587", **DONE, "results": {"video_url": VIDEO}}})),
    Recorded("poll", 200, wrap({"task_id": "a8532587", "status": "IN_PROGRESS", "progress": "30%"}, "success")),
    Recorded("poll", 200, {"task_id": "a8532587", "status": "completed", "result_url": VIDEO}),
    Recorded("poll", 404, {"error": {"message": "Invalid URL (GET /v1/tasks)", "type": "invalid_request_error"}}),
    Recorded("poll", 500, {"code": "InternalError", "message": "Oops."}),
    Recorded("poll", 401, {"code": "InvalidApiKey", "message": "Invalid API-key provided."}),
    Recorded("list", 200, {"total": 1, "data": [ROW], "page_no": 1, "total_page": 1}),
    Recorded("list", 404, {"error": {"message": "Invalid URL (GET /v1/tasks)"}}, False),
)  # fmt: skip
