"""Lengths that tell little (section 8.2): buckets for records, Padmé for what is larger and for files."""

BUCKETS = (256, 512, 1024)


def pad_length(length: int) -> int:
    """Return Padmé(length): at most 12 % more; 0 and 1 stay as they are."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    step = 1 << zeros
    return -(-length // step) * step


def bucket_of(length: int) -> int:
    """Return the length to which a plaintext of `length` bytes is filled with zeros."""
    for bucket in BUCKETS:
        if length <= bucket:
            return bucket
    return pad_length(length)
