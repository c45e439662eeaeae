"""Running a server: its accounts, invites and health. Administrators read nobody's messages."""
