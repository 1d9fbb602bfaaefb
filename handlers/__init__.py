"""What a person sees: collecting, the card, commands, buttons, delivery, and every text."""
