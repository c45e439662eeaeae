"""Storage: the engine, transactions, the committer and the migrations. Knows no noun."""
