"""`inkloom demo`: the main job on real landmarks, told on the terminal."""
