"""HTML as the API takes it: few tags, each closed in its turn, else a refusal that says at which byte."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from bot.sandbox.telegram.entities import utf16
from bot.sandbox.telegram.refusal import Refusal, bad_request

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
TAG = re.compile(r"<(/?)([a-zA-Z0-9-]*)([^<>]*)>")
ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
ESCAPE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


@dataclass(frozen=True)
class Opened:
    """A tag that waits for its end."""

    tag: str
    attributes: dict[str, str]
    offset: int


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities; raises Refusal."""
    plain = ""
    entities: list[dict[str, Any]] = []
    stack: list[Opened] = []
    place = 0
    while place < len(source):
        if source[place] == "<":
            match = TAG.match(source, place)
            if match is None:
                raise refuse(
                    "Unclosed start tag" if source[place + 1 : place + 2] != "/" else "Unclosed end tag", source, place
                )
            closing, tag, rest = match.group(1), match.group(2).lower(), match.group(3)
            if closing:
                close(stack, tag, plain, entities, source, place)
            else:
                stack.append(open_tag(tag, rest, plain, source, place))
            place = match.end()
        elif escape := ESCAPE.match(source, place):
            plain += unescape(escape.group())
            place = escape.end()
        else:
            plain += source[place]
            place += 1
    if stack:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{stack[-1].tag}\"")
    return plain, entities


def refuse(text: str, source: str, place: int) -> Refusal:
    """The refusal with the byte offset that the API would name."""
    return bad_request(f"can't parse entities: {text} at byte offset {len(source[:place].encode())}")


def open_tag(tag: str, rest: str, plain: str, source: str, place: int) -> Opened:
    """A start tag; raises Refusal for one that the API does not have."""
    attributes = {name.lower(): unescape(value.strip("\"'")) for name, value in ATTRIBUTE.findall(rest)}
    if tag not in KINDS:
        raise refuse(f'Unsupported start tag "{tag}"', source, place)
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise refuse('Tag "span" must have class "tg-spoiler"', source, place)
    return Opened(tag, attributes, utf16(plain))


def close(stack: list[Opened], tag: str, plain: str, entities: list[dict[str, Any]], source: str, place: int) -> None:
    """An end tag: the entity is complete."""
    if not stack:
        raise refuse("Unexpected end tag", source, place)
    opened = stack.pop()
    if tag and tag != opened.tag:
        raise refuse(f'Unmatched end tag, expected "</{opened.tag}>", found "</{tag}>"', source, place)
    length = utf16(plain) - opened.offset
    if length == 0:
        return
    entity = {"type": KINDS[opened.tag], "offset": opened.offset, "length": length}
    if opened.tag == "a":
        link = opened.attributes.get("href", "")
        if not link:
            return
        user = re.fullmatch(r"tg://user\?id=(\d+)", link)
        entity |= {"type": "text_mention", "user_id": int(user.group(1))} if user else {"url": link}
    elif opened.tag == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    elif opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "0")
    elif opened.tag == "code" and stack and stack[-1].tag == "pre" and "class" in opened.attributes:
        entity |= {"type": "pre", "language": opened.attributes["class"].removeprefix("language-")}
    elif opened.tag == "pre" and any(one["type"] == "pre" and one["offset"] == opened.offset for one in entities):
        return
    entities.append(entity)
