"""Conversations: their ids, epochs, rosters, seeds and the rules from one epoch to the next (section 7)."""
