"""Entities that Telegram finds in plain text by itself, in UTF-16 offsets as the API counts them."""

import re
from typing import Any

PATTERNS = [
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?')\]]")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[a-zA-Z]{2,}(?:\.[a-zA-Z]{2,})*")),
    ("bot_command", re.compile(r"(?<![\w/@])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w@])@[a-zA-Z][a-zA-Z0-9_]{3,31}\b")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d])\w+")),
    ("url", re.compile(r"(?<![\w@./])(?:www\.|t\.me/)[\w./?=&%#-]*[\w/]")),
]


def utf16(text: str) -> int:
    """Length in UTF-16 units: what offsets and lengths of entities count."""
    return len(text.encode("utf-16-le")) // 2


def find_entities(text: str) -> list[dict[str, Any]]:
    """Commands, mentions, links, addresses and hashtags; none overlaps another."""
    taken: list[tuple[int, int]] = []
    found = []
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            taken.append((start, end))
            found.append({"type": kind, "offset": utf16(text[:start]), "length": utf16(match.group())})
    return sorted(found, key=lambda entity: int(entity["offset"]))


def merge_entities(text: str, marked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entities that markup made, and those that Telegram finds outside of code and links."""
    opaque = [one for one in marked if one["type"] in ("code", "pre", "text_link", "text_mention", "url")]
    extra = [
        one
        for one in find_entities(text)
        if not any(
            one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"]
            for other in opaque
        )
    ]
    return sorted([*marked, *extra], key=lambda entity: (entity["offset"], -entity["length"]))


def command_of(content: dict[str, Any]) -> str | None:
    """The command that a message's text or caption begins with, such as `/talk@some_bot`."""
    text = content.get("text") or content.get("caption") or ""
    for entity in content.get("entities") or content.get("caption_entities") or []:
        if entity["type"] == "bot_command" and entity["offset"] == 0:
            return str(text[: entity["length"]])
    return None
