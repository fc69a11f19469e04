"""Links out of files of other platforms: looked at first, then brought in."""
