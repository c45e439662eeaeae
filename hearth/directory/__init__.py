"""Who a person is, as others check it: the user chain and receive statements, and the requests that write them."""
