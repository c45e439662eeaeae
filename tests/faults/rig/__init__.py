"""What fault tests are made of: the server that is hurt, the bots, the judge."""
