"""What a person sees: collecting, the card, commands, buttons, delivery, and every text."""

import os

# Without this, python-telegram-bot warns each time that it hands out a length of time.
os.environ.setdefault("PTB_TIMEDELTA", "true")
