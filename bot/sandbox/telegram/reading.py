"""The methods that ask: about the bot, chats, members, files, and for updates."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from yarl import URL

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.feed import Webhook
from bot.sandbox.telegram.message import Member
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.target import find_chat, open_chat
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]


async def get_me(world: World, call: Call) -> Any:  # noqa: ARG001
    """GetMe."""
    return world.bot.payload() | {
        "can_join_groups": True,
        "can_read_all_group_messages": world.reads_all,
        "supports_inline_queries": False,
        "can_connect_to_business": bool(world.connections),
        "has_main_web_app": False,
    }


async def say_true(world: World, call: Call) -> Any:  # noqa: ARG001
    """LogOut and close."""
    return True


async def get_updates(world: World, call: Call) -> Any:
    """GetUpdates."""
    if "allowed_updates" in call.params:
        world.feed.allowed = call.get("allowed_updates")
    limit = call.get("limit", 100)
    return await world.feed.poll(call.get("offset", 0), limit if 1 <= limit <= 100 else 100, call.get("timeout", 0))


async def set_webhook(world: World, call: Call) -> Any:
    """setWebhook; only loopback may do without TLS."""
    url = call.get("url", "")
    if not url:
        return await delete_webhook(world, call)
    parsed = URL(url)
    if parsed.scheme != "https" and not is_loopback(parsed.host or ""):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if "allowed_updates" in call.params:
        world.feed.allowed = call.get("allowed_updates")
    if call.get("drop_pending_updates"):
        world.feed.waiting.clear()
    connections = min(max(call.get("max_connections", 40), 1), 100)
    secret, certificate = call.get("secret_token"), "certificate" in call.uploads
    world.feed.webhook = Webhook(url, secret, connections, certificate=certificate)
    world.feed.wake()
    return True


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def delete_webhook(world: World, call: Call) -> Any:
    """DeleteWebhook."""
    world.feed.webhook = None
    if call.get("drop_pending_updates"):
        world.feed.waiting.clear()
    world.feed.wake()
    return True


async def get_webhook_info(world: World, call: Call) -> Any:  # noqa: ARG001
    """GetWebhookInfo."""
    feed = world.feed
    body: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": len(feed.waiting)}
    if feed.allowed:
        body["allowed_updates"] = feed.allowed
    if (hook := feed.webhook) is None:
        return body
    body |= {"url": hook.url, "has_custom_certificate": hook.certificate, "max_connections": hook.max_connections}
    if hook.last_error:
        body |= {"last_error_date": hook.last_error[0], "last_error_message": hook.last_error[1]}
    return body


async def get_file(world: World, call: Call) -> Any:
    """GetFile."""
    stored = world.files.find(call.get("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if stored.size > world.limits.download_bytes:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        "file_path": stored.remote,
    }


async def get_chat(world: World, call: Call) -> Any:
    """GetChat."""
    chat = find_chat(world, call.get("chat_id"))
    pinned = chat.messages.get(chat.pinned[-1]) if chat.pinned else None
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return chat.payload() | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, chat.kind == "private"),
        **({"pinned_message": pinned.payload(nested=True)} if pinned else {}),
    }


async def get_profile_photos(world: World, call: Call) -> Any:
    """getUserProfilePhotos: newest first."""
    if call.get("user_id") not in world.users:
        raise bad_request("user not found")
    photos = world.profile_photos.get(call.get("user_id"), [])[::-1]
    start, count = call.get("offset", 0), min(max(call.get("limit", 100), 1), 100)
    shown = photos[start : start + count]
    return {"total_count": len(photos), "photos": [[size.payload() for size in photo] for photo in shown]}


async def get_chat_member(world: World, call: Call) -> Any:
    """GetChatMember."""
    chat = open_chat(world, call.get("chat_id"))
    user = world.users.get(call.get("user_id"))
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return chat.members.get(user.id, Member(user, "left")).payload()


async def get_administrators(world: World, call: Call) -> Any:
    """getChatAdministrators: not other bots."""
    chat = open_chat(world, call.get("chat_id"))
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    found = [member for member in chat.members.values() if member.status in ("creator", "administrator")]
    return [member.payload() for member in found]


async def get_member_count(world: World, call: Call) -> Any:
    """GetChatMemberCount."""
    chat = open_chat(world, call.get("chat_id"))
    return sum(member.present for member in chat.members.values())


async def leave_chat(world: World, call: Call) -> Any:
    """LeaveChat."""
    chat = open_chat(world, call.get("chat_id"))
    if chat.kind == "private":
        raise bad_request("chat is not a group")
    world.set_member(chat, world.bot, Member(world.bot, "left"))
    return True


METHODS: dict[str, Handler] = {
    "getMe": get_me,
    "logOut": say_true,
    "close": say_true,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getFile": get_file,
    "getChat": get_chat,
    "getUserProfilePhotos": get_profile_photos,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_administrators,
    "getChatMemberCount": get_member_count,
    "leaveChat": leave_chat,
}
