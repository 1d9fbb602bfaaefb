"""How updates come in, and how words and files go out."""
