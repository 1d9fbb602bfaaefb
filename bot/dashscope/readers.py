"""Reads answers into our values: verdicts, tasks and lists, by whatever names and words a gateway has for them.

Whatever cannot be read is None, which means "not yet" and never "no". See docs/service.md.
"""

from collections.abc import Iterable, Iterator

from bot.dashscope.answers import Answer, Fields
from bot.dashscope.fault_table import is_of_a_face
from bot.dashscope.types import BAD_ENDS, Box, ListedTask, Task, Verdict
from bot.dashscope.values import clean, read_flag, read_number, read_text, read_time

ID_NAMES = ("task_id", "taskId")
STATE_NAMES = ("task_status", "taskStatus")
LOOSE_STATE_NAMES = ("status", "state")
"""Names of a task's state that an envelope has for its own, too."""

STATES = {
    "CANCELLED": "CANCELED",
    "COMPLETE": "SUCCEEDED",
    "COMPLETED": "SUCCEEDED",
    "FAIL": "FAILED",
    "FAILURE": "FAILED",
    "IN_PROGRESS": "RUNNING",
    "NOT_START": "PENDING",
    "PROCESSING": "RUNNING",
    "QUEUED": "PENDING",
    "SUBMITTED": "PENDING",
    "SUCCEED": "SUCCEEDED",
    "SUCCESS": "SUCCEEDED",
}
"""Words of gateways for the vendor's states."""

LONGEST_ID = 512
"""Characters of a task's id that can be kept; the vendor's has 36."""
LONGEST_STATE = 32
ADDRESS_NAMES = ("video_url", "result_url", "videoUrl", "url")
PLACES = ("results", "result", "video", "videos")
SECONDS_NAMES = ("video_duration", "duration", "output_video_duration")


def read_verdict(answer: Answer, *, boxes: bool = True) -> Verdict | None:
    """Read what was said of a portrait; None when the answer is no verdict.

    Args:
        boxes: one that passes a portrait without them is none.
    """
    face, ext = _box(answer.first("face_bbox")), _box(answer.first("ext_bbox"))
    passed = read_flag(answer.first("check_pass"))
    refused = _of_output(answer)
    code, message = refused.get("code") or answer.code, refused.get("message") or answer.message
    if passed is None:
        passed = False if is_of_a_face(code) else (True if face and ext else None)
    if passed is None or (passed and boxes and not (face and ext)):
        return None
    if passed:
        return Verdict(True, face, ext)
    return Verdict(False, code=code, message=message, billed=answer.is_200)


def _of_output(answer: Answer) -> dict[str, str]:
    """Read the code and the message that stand beside `check_pass`."""
    layer = next((layer for layer in answer.layers if "check_pass" in layer), {})
    texts = ((name, read_text(layer.get(name))) for name in ("code", "message"))
    return {name: clean(text) for name, text in texts if text}


def read_task_id(answer: Answer) -> str | None:
    """Read the id of a task that was taken; None when the answer names none."""
    for layer in answer.layers:
        names = ID_NAMES if _state_in(layer) is None else (*ID_NAMES, "id")
        task_id = next((text for name in names if (text := read_text(layer.get(name)))), None)
        if task_id is not None:
            return task_id
    return None


def read_task(task_id: str, answer: Answer) -> Task | None:
    """Read how a task is doing; None when the answer does not tell."""
    url = _video_url(answer)
    said = _states(answer)
    if not said:
        return None
    state = "SUCCEEDED" if url and "SUCCEEDED" in said else said[0]
    usage: Fields = next((layer["usage"] for layer in answer.layers if isinstance(layer.get("usage"), dict)), {})
    failed = state in BAD_ENDS
    return Task(
        task_id=task_id,
        state=state,
        video_url=url,
        code=answer.code if failed else None,
        message=answer.message if failed else None,
        video_seconds=_seconds(usage),
        video_ratio=read_text(usage.get("video_ratio")),
        submitted_at=read_time(answer.first("submit_time")),
        scheduled_at=read_time(answer.first("scheduled_time")),
        ended_at=read_time(answer.first("end_time")),
    )


def _states(answer: Answer) -> list[str]:
    """Return the states that an answer tells of a task.

    `status` may be an envelope's word on the call: it is a task's beside the task's id. Without one it counts where
    nothing else does, and never as a bad end.
    """
    sure = [state for layer in answer.layers for name in STATE_NAMES if (state := read_state(layer.get(name)))]
    loose = []
    for layer in reversed(answer.layers):  # what is wrapped says more of the task than what wraps it
        state = _state_in(layer)
        if state is not None and any(read_text(layer.get(name)) for name in (*ID_NAMES, "id")):
            sure.append(state)
        elif state is not None and state not in BAD_ENDS:
            loose.append(state)
    return sure or loose


def _state_in(layer: Fields) -> str | None:
    states = (read_state(layer.get(name)) for name in (*STATE_NAMES, *LOOSE_STATE_NAMES))
    return next((state for state in states if state), None)


def read_state(value: object) -> str | None:
    """Read a state in the vendor's words; a number is none."""
    word = read_text(value)
    if word is None or read_number(word) is not None:
        return None
    word = clean(word.upper())[:LONGEST_STATE]
    return STATES.get(word, word) or None


def _seconds(usage: Fields) -> float | None:
    """Read how long the video is that was made, which is what is billed; never less than nothing."""
    seconds = (read_number(usage.get(name)) for name in SECONDS_NAMES)
    return next((each for each in seconds if each is not None and each > 0), None)


def _video_url(answer: Answer) -> str | None:
    for layer in answer.layers:
        for name in PLACES:
            inner = layer.get(name)
            for place in inner if isinstance(inner, list) else [inner]:
                url = _address({"url": place} if isinstance(place, str) else place)
                if url is not None:
                    return url
    return next((url for layer in answer.layers if (url := _address(layer))), None)


def _address(place: object) -> str | None:
    if not isinstance(place, dict):
        return None
    texts = (read_text(place.get(name)) for name in ADDRESS_NAMES)
    return next((url for url in texts if url and url.lower().startswith(("http://", "https://"))), None)


def read_list(answer: Answer) -> tuple[list[ListedTask], int] | None:
    """Read one page of tasks and the number of pages; None when it is no list, or of ids that cannot be kept."""
    holder = next((layer for layer in _list_layers(answer) if isinstance(layer.get("data"), list)), None)
    if holder is None:
        return None
    pages, listed = read_number(holder.get("total_page")), list(_listed(holder["data"]))
    if any(len(task.task_id) > LONGEST_ID for task in listed):
        return None
    return listed, int(pages) if pages is not None else 1


def _list_layers(answer: Answer) -> list[Fields]:
    fields = answer.fields or {}
    return [fields, *(inner for name in ("output", "data") if isinstance(inner := fields.get(name), dict))]


def _listed(rows: Iterable[object]) -> Iterator[ListedTask]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        task_id = read_text(row.get("task_id"))
        if task_id:
            created = read_time(row.get("gmt_create")) or read_time(row.get("submit_time"))
            yield ListedTask(task_id, _state_in(row) or "", created, read_text(row.get("model_name")))


def _box(value: object) -> Box | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    edges = [read_number(edge) for edge in value]
    if any(edge is None or abs(edge) > 1e6 for edge in edges):
        return None
    return Box(*(round(edge) for edge in edges if edge is not None))
