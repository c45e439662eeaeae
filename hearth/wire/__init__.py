"""The transport: Socket.IO edge, HTTP faces, dispatch and delivery. Knows no noun."""
