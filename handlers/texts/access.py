"""Who may use the bot: what newcomers and admins read."""

from handlers.texts.language import Text

DENIED = {
    "blocked": Text("The operator of this bot doesn't let you use it here."),
    "not_listed": Text("This bot is only for people on its operator's list."),
    "access_to_ask": Text("To use this bot you need a yes from its admins. Ask, and I'll bring you their answer."),
    "access_asked": Text("I've asked the admins and will tell you as soon as they answer."),
    "access_refused": Text("The admins said no."),
}
"""What somebody reads who may not use the bot, by the reason."""

BUTTON_ASK = Text("Ask for access")
ASKED = Text("I've asked the admins. Their answer comes here.")
NOBODY_TO_ASK = Text("This bot has no admins whom I could ask.")
CARD = Text("{name} asks for access, in a private chat. Id: {user}")
CARD_IN_GROUP = Text("{name} asks for access, in the group “{chat}”. Ids: {user}, group {group}")
BUTTON_ALLOW = Text("Allow")
BUTTON_ALLOW_GROUP = Text("Allow this group")
BUTTON_NO = Text("No")
BUTTON_BLOCK = Text("Block")
DECIDED = {
    "allow": Text("{name} may use the bot."),
    "group": Text("Everybody in that group may use the bot."),
    "no": Text("{name} may not use the bot."),
    "block": Text("{name} is blocked."),
}
"""What stands in the place of the card once it is answered."""

SETTLED = Text("That was answered already.")
TOLD = {
    "allow": Text("The admins let you in. Send a photo and a voice message whenever you like."),
    "group": Text("The admins let this group in. Reply to a photo or a voice message with /talk to begin."),
    "no": Text("The admins said no, sorry."),
}
"""What the newcomer reads then; who is blocked reads nothing."""

WHOM = Text("Write an id after the command, or reply with the command to a message that you have forwarded to me.")
HIDDEN = Text("Telegram doesn't tell me who wrote that. Write the id after the command.")
ALLOWED = Text("{id} may use the bot.")
BLOCKED = Text("{id} is blocked. /allow {id} takes it back.")
