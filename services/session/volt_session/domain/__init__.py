"""The rules of visits and of verdicts: pure functions over the state of one station or of one token."""
