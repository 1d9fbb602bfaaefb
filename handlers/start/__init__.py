"""The first word: what a newcomer sees, before anything is asked of them."""
