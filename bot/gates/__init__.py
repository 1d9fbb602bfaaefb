"""The gates on every way to a video: who may, whose face, how much; rules over storage, without a word to anybody."""
