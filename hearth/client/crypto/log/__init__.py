"""Records, their bodies, signed log entries and the log hash (section 8), reports and push (13, 14)."""
