"""Hearth: a self-hosted chat for friends, families, clubs and small organisations."""

__version__ = "0.1.0"
