"""What makes the video: a small file for each engine, which knows its limits, prices and bodies, and calls nobody."""
