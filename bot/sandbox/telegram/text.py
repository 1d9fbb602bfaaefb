"""The text or caption of a call, made into what a message holds, or refused."""

from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.entities import merge_entities, utf16
from bot.sandbox.telegram.markup_html import parse_html
from bot.sandbox.telegram.markup_markdown import parse_markdown
from bot.sandbox.telegram.refusal import bad_request

MAX_TEXT = 4096
MAX_CAPTION = 1024


def parse(source: str, mode: str | None, given: list[dict[str, Any]] | None) -> tuple[str, list[dict[str, Any]]]:
    """Plain text, trimmed as Telegram does, and all its entities."""
    mode = (mode or "").lower()
    if mode == "html":
        plain, entities = parse_html(source)
    elif mode in ("markdownv2", "markdown"):
        plain, entities = parse_markdown(source, 2 if mode == "markdownv2" else 1)
    elif mode:
        raise bad_request("can't parse entities: unsupported parse_mode")
    else:
        plain, entities = source, [dict(entity) for entity in given or []]
    lead = utf16(plain) - utf16(plain.lstrip())
    plain = plain.strip()
    fitted = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(utf16(plain), entity["offset"] - lead + entity["length"])
        if end > start:
            fitted.append(entity | {"offset": start, "length": end - start})
    return plain, merge_entities(plain, fitted)


def text_content(call: Call) -> dict[str, Any]:
    """`text` and `entities`; raises Refusal."""
    text, entities = parse(call.get("text", ""), call.get("parse_mode"), call.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if len(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return {"text": text} | ({"entities": entities} if entities else {})


def caption_content(source: dict[str, Any]) -> dict[str, Any]:
    """`caption` and `caption_entities` of a call's parameters or of one item of an album; raises Refusal."""
    caption, entities = parse(source.get("caption") or "", source.get("parse_mode"), source.get("caption_entities"))
    if len(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: dict[str, Any] = {"caption": caption} if caption else {}
    return content | ({"caption_entities": entities} if entities else {})
