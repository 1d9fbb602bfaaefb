"""What the service and Telegram accept: portraits, voices and videos, decoded in a limited child process."""
