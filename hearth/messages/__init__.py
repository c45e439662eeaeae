"""Messages: the ordered log of a conversation, its receipts and typing. The server never reads a record."""
