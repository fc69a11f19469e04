"""Pure decisions on the standard library alone: no clock, no dice, no IO."""
