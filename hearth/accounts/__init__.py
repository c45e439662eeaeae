"""An account: one user with a profile, a password verifier, settings and signed-in devices."""
