"""Two faces, two voices in turn, one video."""
