"""Writes the contract down for others: as TypeScript for the web client, as a page for people, as OpenAPI.

Only `scripts/contract` uses this; nothing here is imported while serving. Knows no noun: it is given modules.
"""
