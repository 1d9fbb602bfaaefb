"""The life of a render, durable: its steps, whose turn it is, and whom it tells."""
