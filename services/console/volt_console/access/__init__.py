"""Who may use the console: principals, their rights, and the doors that they come in by."""
