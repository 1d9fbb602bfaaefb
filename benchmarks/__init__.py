"""What the parts cost, as ratios against a plain baseline in the same run."""
