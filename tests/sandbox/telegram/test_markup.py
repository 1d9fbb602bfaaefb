"""Marked-up and plain text: what is shown, and where the entities are."""

import pytest

from bot.sandbox.telegram.entities import find_entities
from bot.sandbox.telegram.refusal import Refusal
from bot.sandbox.telegram.text import parse


def spans(source: str, mode: str | None) -> list[tuple[str, str]]:
    plain, entities = parse(source, mode, None)
    raw = plain.encode("utf-16-le")
    return [(one["type"], raw[one["offset"] * 2 :][: one["length"] * 2].decode("utf-16-le")) for one in entities]


def test_entities_of_plain_text_are_counted_in_utf_16():
    found = find_entities("😀 /talk@emo_bot with @alice_in at https://example.org/a?b=c. #fun, me@example.org a/b")
    assert [(one["type"], one["offset"], one["length"]) for one in found] == [
        ("bot_command", 3, 13),
        ("mention", 22, 9),
        ("url", 35, 25),
        ("hashtag", 62, 4),
        ("email", 68, 14),
    ]


@pytest.mark.parametrize(
    ("source", "mode", "expected"),
    [
        ("😀 <b>bold <i>both</i></b> &lt;3", "HTML", [("bold", "bold both"), ("italic", "both")]),
        ('<a href="https://x.org">here</a>', "HTML", [("text_link", "here")]),
        ('<pre><code class="language-py">x = 1</code></pre>', "HTML", [("pre", "x = 1")]),
        ("<blockquote expandable>long</blockquote>", "HTML", [("expandable_blockquote", "long")]),
        ("  <b> x </b>", "HTML", [("bold", "x")]),
        ("*bold _both_* ||no|| \\*", "MarkdownV2", [("bold", "bold both"), ("italic", "both"), ("spoiler", "no")]),
        ("`a_b*` [l](https://x.org/\\))", "MarkdownV2", [("code", "a_b*"), ("text_link", "l")]),
        ("*bold* and /help", "Markdown", [("bold", "bold"), ("bot_command", "/help")]),
        ("`/help`", "MarkdownV2", [("code", "/help")]),
        ("<b>plain", None, []),
    ],
)
def test_markup(source: str, mode: str | None, expected: list[tuple[str, str]]):
    assert spans(source, mode) == expected


@pytest.mark.parametrize(
    ("source", "mode", "words"),
    [
        ("é <b>x", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é <h1>x</h1>", "HTML", 'Unsupported start tag "h1" at byte offset 3'),
        ("<b>x</i>", "HTML", 'Unmatched end tag, expected "</b>", found "</i>" at byte offset 4'),
        ("x</b>", "HTML", "Unexpected end tag at byte offset 1"),
        ("1 < 2", "HTML", "Unclosed start tag at byte offset 2"),
        ("done!", "MarkdownV2", "Character '!' is reserved and must be escaped with the preceding '\\'"),
        ("*bold", "MarkdownV2", "Can't find end of Bold entity at byte offset 0"),
        ("a *bold", "Markdown", "Can't find end of the entity starting at byte offset 2"),
        ("x", "BBCode", "unsupported parse_mode"),
    ],
)
def test_markup_that_is_refused(source: str, mode: str, words: str):
    with pytest.raises(Refusal) as caught:
        parse(source, mode, None)
    assert caught.value.description == f"Bad Request: can't parse entities: {words}"
