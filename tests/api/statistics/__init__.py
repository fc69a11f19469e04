"""What statistics answer in every language: their tests share one organization's visits each."""
