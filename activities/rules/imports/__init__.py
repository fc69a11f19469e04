"""Reading the exports of other platforms: bytes -> table -> format -> judged rows. All pure."""
