"""What admins are told of by themselves: each cause once, and once more when it has passed."""

from handlers.texts.language import Text

ALERTS = {
    "account": Text("There are no videos until this is fixed. {detail}"),
    "one_account": Text("One account isn't used until this is fixed; videos are made through the others. {detail}"),
    "cut_off": Text(
        "The machine {name} does not reach: {detail}. Others have taken over its videos; look at its network. "
        "It joins them again by itself."
    ),
    "budget_day_80": Text("80 % of today's budget is used: {detail}."),
    "budget_day_100": Text("Today's budget is used up: {detail}. Until tomorrow there are no new videos."),
    "budget_month_80": Text("80 % of this month's budget is used: {detail}."),
    "budget_month_100": Text("This month's budget is used up: {detail}. Until the next one there are no new videos."),
    "disk": Text("The disk is nearly full: {detail} MB are free. I take no more files until there is room."),
    "conflict": Text("Another program uses this bot's token, or a webhook is set. Stop it, so that messages reach me."),
    "webhook": Text("Telegram cannot reach the webhook: {detail}"),
    "waiting": Text("A video has been in the works for {detail} minutes, longer than usual."),
    "refusals": Text("The last {detail} videos did not come. /admin says why."),
    "crashes": Text("The bot has stopped unexpectedly {detail} times within minutes. The log says why."),
}
"""By their causes, up to a colon."""

MISSED = {
    "the service": Text("the service that makes the videos"),
    "the bucket": Text("the bucket with the files"),
}
"""What a machine may not reach; what has a name of its own is called by that."""

PASSED = Text("No longer the case: {what}")
STARTED = Text("The bot is running.")
STOPPING = Text("The bot is stopping.")
