"""The service: its calls, its values and what can go wrong with them."""
