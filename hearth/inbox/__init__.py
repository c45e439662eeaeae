"""The inbox: one's conversations, newest first, with last entry, unread count and everybody's cursors."""
