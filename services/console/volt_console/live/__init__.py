"""How changes of the views reach open pages: one LISTEN for the process, one paced stream for each page."""
