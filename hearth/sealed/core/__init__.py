"""What every format rests on: verdicts, encoding, labels, hashes, signatures, boxes and HPKE (section 1)."""
