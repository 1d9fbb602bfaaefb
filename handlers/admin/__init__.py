"""The operator in the chat: who may use the bot, what is spent, what goes wrong, and a word to all."""
