"""Conversations of a running device: their epochs fetched, entries opened, what is sent sealed
(sections 7 and 8).
"""
