"""What is answered to which call: the table is `answers.table.ANSWERS`."""
