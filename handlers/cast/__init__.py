"""Faces that stay: saved under a name, shown, and made to speak by it."""
