"""What a child answers, as JSON: the result of its job, or why there is none.

A child has read a stranger's bytes, so its answer is read as theirs: nothing but plain values of the stated types.
"""

import dataclasses
import errno
import json
import math
import os
import struct
import traceback
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from bot.media.errors import NEEDED_FACTS, ChildError, MediaError, Reason

T = TypeVar("T")

LENGTH = struct.Struct("!I")
"""Comes before each message between bot and child."""
MAX_BYTES = 64 * 1024
LARGEST = 2**31 - 1
"""What a database column holds."""
MAX_TRACEBACK = 8000
COSE = b"\x84\x6aSignature1"
"""How the bytes begin that a COSE signature is made of (RFC 9052)."""
OVER_A_LIMIT = (errno.EFBIG, errno.ENOMEM, errno.EMFILE)


def pack_result(result: object) -> bytes:
    """Pack what a job returned: a dataclass, or a plain value."""
    plain = vars(result) if dataclasses.is_dataclass(result) else result
    return json.dumps({"result": plain}).encode()


def pack_error(error: BaseException) -> bytes:
    """Pack what a job raised."""
    match error:
        case MediaError():
            answer: dict[str, Any] = {"unfit": error.reason.value, "facts": error.facts}
        case MemoryError():
            answer = {"unfit": Reason.TOO_HARD.value, "facts": {}}
        case OSError() if error.errno in OVER_A_LIMIT:
            answer = {"unfit": Reason.TOO_HARD.value, "facts": {}}
        case OSError() if error.errno in errno.errorcode:
            answer = {"system": error.errno}
        case _:
            answer = {"bug": "".join(traceback.format_exception(error))[-MAX_TRACEBACK:]}
    return json.dumps(answer).encode()


def pack_question(data: bytes) -> bytes:
    """Pack what a child wants to have signed."""
    return json.dumps({"sign": data.hex()}).encode()


def read_question(message: bytes) -> bytes | None:
    """Return what a child wants to have signed; None where its message is no such question.

    Nothing but a COSE signature's own structure is signed, which no other use of a key knows.
    """
    try:
        match json.loads(message, parse_constant=_refuse):
            case {"sign": str(text), **others} if not others and (data := bytes.fromhex(text)).startswith(COSE):
                return data
    except (ValueError, RecursionError):
        pass
    return None


def read_answer(answer: bytes, kind: type[T]) -> T:
    """Return the result in an answer, or raise what the job raised.

    Args:
        answer: as it came.
        kind: type of the result.

    Raises:
        MediaError: the file is unfit.
        OSError: such as a full disk.
        ChildError: the job has a bug, or the answer is none.
    """
    try:
        said = json.loads(answer, parse_constant=_refuse)
        match said:
            case {"result": result, **others} if not others:
                return _read(kind, result)  # type: ignore[no-any-return]
            case {"unfit": str(reason), "facts": dict(facts), **others} if not others:
                error: Exception = MediaError(Reason(reason), **_read_facts(Reason(reason), facts))
            case {"system": int(number), **others} if not others and number in errno.errorcode:
                error = OSError(number, os.strerror(number))
            case {"bug": str(text), **others} if not others:
                error = ChildError(f"the child failed:\n{text[-MAX_TRACEBACK:]}")
            case _:
                _refuse(answer[:100])
    except (ValueError, TypeError, RecursionError) as odd:
        raise ChildError(f"the child's answer cannot be read: {odd}") from odd
    raise error


def _read(kind: Any, value: Any) -> Any:
    """Return a value as its type says; refuse what is none of it."""
    if dataclasses.is_dataclass(kind):
        fields = get_type_hints(kind)
        if not isinstance(value, dict) or value.keys() != fields.keys():
            _refuse(value)
        return kind(**{name: _read(fields[name], value[name]) for name in fields})  # type: ignore[operator]
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], each) for each in value) if isinstance(value, list) else _refuse(value)
    if get_origin(kind) is Literal:
        return value if isinstance(value, str) and value in get_args(kind) else _refuse(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if kind in (int, float):
        return kind(_read_number(value)) if kind is float or type(value) is int else _refuse(value)
    return value if type(value) is kind and kind in (str, bool, type(None)) else _refuse(value)


def _read_number(value: Any) -> float | int:
    if type(value) not in (int, float) or not 0 <= value <= LARGEST:
        _refuse(value)
    return value  # type: ignore[no-any-return]


def _read_facts(reason: Reason, facts: Mapping[Any, Any]) -> dict[str, float]:
    sound = all(type(value) in (int, float) and math.isfinite(value) for value in facts.values())
    if not sound or not NEEDED_FACTS.get(reason, frozenset()) <= facts.keys():
        _refuse(facts)
    return dict(facts)


def _refuse(value: object) -> NoReturn:
    raise ValueError(f"{value!r:.100} is not what a child may answer")
