"""What runs: the command line, the settings, and the parts that it joins."""
