"""Tests: what people do and see, and the arithmetic underneath."""
