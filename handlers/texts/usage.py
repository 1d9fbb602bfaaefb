"""`/usage`: what somebody has spent."""

from handlers.texts.language import Text

TODAY = Text("Today your videos have cost {spent} CNY.")
TODAY_OF = Text("Today your videos have cost {spent} CNY of {limit}; {left} are left.")
MONTH = Text("This month it's {spent} CNY.")
CHAT_OF = Text("In this chat it's {spent} CNY of {limit} today, all together.")
HELD = Text("Up to {held} CNY may still come back: set aside for what's in the works.")
AS_CHAT = Text("You speak here in the name of a chat, so all who do are counted together.")
