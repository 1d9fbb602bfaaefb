"""One aiohttp server: the links that the service fetches, Telegram's webhook, health and metrics."""
