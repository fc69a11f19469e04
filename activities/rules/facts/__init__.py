"""The facts that Inkloom records as events, by what they are about. Each is a frozen dataclass."""
