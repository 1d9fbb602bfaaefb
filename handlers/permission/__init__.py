"""Whose face and voice it is: asking, answers, taking back, and reports."""
