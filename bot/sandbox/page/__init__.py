"""A chat in the browser: the people's side of the sandbox's Telegram, and a look at what happens inside."""

from bot.sandbox.page.cast import Cast, Link, make_cast
from bot.sandbox.page.site import OpenPage, build_page, open_page

__all__ = ["Cast", "Link", "OpenPage", "build_page", "make_cast", "open_page"]
