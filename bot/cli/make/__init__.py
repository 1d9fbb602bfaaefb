"""`emobot make`: videos from files, without a chat."""
