"""GS1: values that are judged, and products whose Digital Links are resolved here."""
