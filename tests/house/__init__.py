"""The walls: floors, sizes, names, registries."""
