"""Sync: bringing a device up to date from its cursors, or from a snapshot."""
