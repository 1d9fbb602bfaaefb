"""Every table, by its name; each file holds those of one subject.

Times are Unix seconds (UTC). A `sha` names an object: the SHA-256 of its bytes, in hex.
"""

from storage.tables.chats import (
    business_answers,
    business_connections,
    cast,
    chats,
    drafts,
    duets,
    inbox,
    name_questions,
    people,
)
from storage.tables.files import formats, links, objects, showings, sticker_sets, stickers
from storage.tables.machines import claims, compatibility, cut_off_machines, kept_secrets, machines
from storage.tables.metadata import BY_ITSELF, CHAT, FILE, OWNER, PERSON, Time, columns_naming, metadata
from storage.tables.money import counts, ledger, reservations
from storage.tables.operating import (
    access,
    account_troubles,
    alerts,
    announcements,
    broadcast_chats,
    broadcasts,
    switches,
)
from storage.tables.permission import consents, likenesses, opt_outs, refusals, sightings, wishes
from storage.tables.rendering import (
    OPEN_SUBMIT,
    WAITS,
    is_at_work,
    renders,
    strange_tasks,
    tasks,
    verdicts,
    voice_parts,
)

__all__ = [
    "BY_ITSELF",
    "CHAT",
    "FILE",
    "OPEN_SUBMIT",
    "OWNER",
    "PERSON",
    "WAITS",
    "Time",
    "access",
    "account_troubles",
    "alerts",
    "announcements",
    "broadcast_chats",
    "broadcasts",
    "business_answers",
    "business_connections",
    "cast",
    "chats",
    "claims",
    "columns_naming",
    "compatibility",
    "consents",
    "counts",
    "cut_off_machines",
    "drafts",
    "duets",
    "formats",
    "inbox",
    "is_at_work",
    "kept_secrets",
    "ledger",
    "likenesses",
    "links",
    "machines",
    "metadata",
    "name_questions",
    "objects",
    "opt_outs",
    "people",
    "refusals",
    "renders",
    "reservations",
    "showings",
    "sightings",
    "sticker_sets",
    "stickers",
    "strange_tasks",
    "switches",
    "tasks",
    "verdicts",
    "voice_parts",
    "wishes",
]
