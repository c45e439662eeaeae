"""Lighthouse on pages of a running Hearth: the pinned npm package, driven from Python."""
