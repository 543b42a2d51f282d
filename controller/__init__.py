"""The loop, the journal, tracking, reports, and the command line."""
