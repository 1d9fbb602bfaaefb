"""Everything outside, on this machine: a Telegram Bot API and an EMO service, as real HTTP servers."""
