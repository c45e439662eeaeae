"""The page that tells how a phone comes to trust our own certificate: its words, its look, its routes."""
