"""One file for each kind of row: what it may say, and the command it becomes."""
