"""The embedded EMO's eyes and hands: finds the face in a photo and makes it say a recording. A puppet, not EMO."""

from bot.sandbox.puppet.detect import detect_face
from bot.sandbox.puppet.render import render_video

__all__ = ["detect_face", "render_video"]
