"""Keys of one person: vault, user chain, generations, receive key, keyring (sections 4 to 6)."""
