"""A device's copy of what its user may know, and how it is brought and kept up to date."""
