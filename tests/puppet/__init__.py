"""The embedded EMO's eyes and hands."""
