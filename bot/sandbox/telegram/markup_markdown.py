"""Markdown as the API takes it: MarkdownV2, where every special character must be escaped, and the older Markdown."""

import re
from typing import Any

from bot.sandbox.telegram.entities import utf16
from bot.sandbox.telegram.refusal import Refusal, bad_request

V2_MARKS = {
    "*": "bold",
    "_": "italic",
    "__": "underline",
    "~": "strikethrough",
    "||": "spoiler",
    "`": "code",
    "```": "pre",
}
V1_MARKS = {"*": "bold", "_": "italic", "`": "code", "```": "pre"}
RESERVED = "_*[]()~`>#+-=|{}.!"
LINK_END = re.compile(r"\]\(((?:[^()\\]|\\.)*)\)")


def parse_markdown(source: str, version: int) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities of MarkdownV2 (`version` 2) or Markdown (1); raises Refusal."""
    marks = V2_MARKS if version == 2 else V1_MARKS
    plain = ""
    entities: list[dict[str, Any]] = []
    stack: list[tuple[str, int, int]] = []  # mark, offset in UTF-16, place in the source
    place = 0
    while place < len(source):
        inside = stack[-1][0] if stack else ""
        character = source[place]
        if (
            character == "\\"
            and source[place + 1 : place + 2]
            and source[place + 1] in (RESERVED + "\\" if version == 2 else "_*`[")
        ):
            plain += source[place + 1]
            place += 2
            continue
        mark = read_mark(source, place, inside, marks)
        if mark and inside == mark:
            _, offset, _ = stack.pop()
            if utf16(plain) > offset:
                entities.append({"type": marks[mark], "offset": offset, "length": utf16(plain) - offset})
            place += len(mark)
        elif mark:
            if version == 1 and inside:
                raise refuse(version, marks, inside, source, stack[-1][2])
            stack.append((mark, utf16(plain), place))
            place += len(mark)
        elif character == "[" and inside not in ("`", "```"):
            stack.append(("[", utf16(plain), place))
            place += 1
        elif inside == "[" and (match := LINK_END.match(source, place)):
            _, offset, _ = stack.pop()
            link = re.sub(r"\\(.)", r"\1", match.group(1))
            entities.append({"type": "text_link", "offset": offset, "length": utf16(plain) - offset, "url": link})
            place = match.end()
        else:
            if version == 2 and character in RESERVED and inside not in ("`", "```") and not quote(source, place):
                text = f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
                raise bad_request(f"can't parse entities: {text}")
            plain += "" if version == 2 and quote(source, place) else character
            place += 1
    if stack:
        raise refuse(version, marks, stack[-1][0], source, stack[-1][2])
    return plain, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def read_mark(source: str, place: int, inside: str, marks: dict[str, str]) -> str:
    """The longest mark at this place; inside code only its own end counts."""
    if inside in ("`", "```"):
        return inside if source.startswith(inside, place) else ""
    if inside in ("_", "__") and source.startswith(inside, place) and not source.startswith("__", place):
        return inside
    for mark in sorted(marks, key=len, reverse=True):
        if source.startswith(mark, place):
            return mark
    return ""


def quote(source: str, place: int) -> bool:
    """Whether this is the `>` that begins a quoted line."""
    return source[place] == ">" and (place == 0 or source[place - 1] == "\n")


def refuse(version: int, marks: dict[str, str], mark: str, source: str, place: int) -> Refusal:
    """The refusal for a mark without its end."""
    name = {"[": "TextUrl", "pre": "Pre"}.get(mark, marks.get(mark, "").capitalize())
    offset = len(source[:place].encode())
    entity = f"{name} entity" if version == 2 else "the entity"
    start = "starting at" if version == 1 else "at"
    return bad_request(f"can't parse entities: Can't find end of {entity} {start} byte offset {offset}")
