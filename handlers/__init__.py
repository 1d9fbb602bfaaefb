"""What a person sees: collecting, the card, commands, buttons, delivery, and every text."""

import os

# python-telegram-bot warns on every length of time until it is told to hand out timedeltas.
os.environ.setdefault("PTB_TIMEDELTA", "true")
