"""After a restore of the server: what this device knew and the server lost is given back (10.10)."""
