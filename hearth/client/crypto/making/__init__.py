"""What a device makes: epochs, wraps, history, re-wraps, leave entries, records (sections 7 and 8).

Nothing leaves here that the checks of section 7.5 or 8.3 would not accept from what this device knows.
"""
