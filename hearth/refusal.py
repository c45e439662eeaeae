"""The root of everything that ends a `hearth` command with a sentence instead of a trace."""


class Refusal(Exception):
    """The command cannot be carried out; the text says why and what to do."""
