"""The web client in a real browser with 100,000 messages in one conversation: opening, scrolling, memory."""
