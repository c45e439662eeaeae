"""Friendship: requests, friends and blocks between two users."""
