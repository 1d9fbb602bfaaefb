"""Every update that the Bot API may send: drawn from a table of its types, and sent to the bot.

`types.json` says of each type of the Bot API 10.1 that an update may hold which fields it has; a kind that begins
with `=` is a constant.
"""
