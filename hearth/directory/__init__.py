"""Who a person is, for others to check: chains and receive statements, and the requests that write them."""
