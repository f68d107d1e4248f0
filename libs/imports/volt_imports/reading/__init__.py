"""From bytes to rows of text: CSV, XLSX and YAML, each with the same columns."""
