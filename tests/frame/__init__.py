"""Tests of the frame: settings, logs, the command line, and who may import whom."""
