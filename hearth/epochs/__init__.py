"""Epochs: who is in a conversation from when on, and the keys of each stretch, sealed to its members."""
