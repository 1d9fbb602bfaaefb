"""Keyboards under messages: which ones the API refuses."""

from typing import Any

from bot.sandbox.telegram.refusal import bad_request

ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def read_keyboard(markup: dict[str, Any] | None) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The inline keyboard and the other keyboard of a `reply_markup`; at most one of them is not None.

    Raises:
        Refusal: a button that the API does not take.
    """
    if not markup:
        return None, None
    if "inline_keyboard" not in markup:
        return None, markup
    rows = [[check_button(button) for button in row] for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > 100:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return ({"inline_keyboard": rows} if rows else None), None


def check_button(button: dict[str, Any]) -> dict[str, Any]:
    """An inline button as it will be shown."""
    wrong = "can't parse inline keyboard button: "
    if not str(button.get("text", "")).strip():
        raise bad_request(f'{wrong}Field "text" must not be empty')
    if not any(action in button for action in ACTIONS):
        raise bad_request(f"{wrong}Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not url.startswith(("http://", "https://", "tg://", "t.me/", "mailto:")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return dict(button)
