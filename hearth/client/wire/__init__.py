"""How the library reaches a server: HTTP, one socket, and a connection that outlives sockets."""
