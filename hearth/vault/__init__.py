"""What a person alone may open: the sealed vault, ways in, the own chain of generations, the keyring."""
