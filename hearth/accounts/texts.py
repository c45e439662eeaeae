"""What people may write about themselves: cleaned, bounded, never able to break the layout. Pure.

Invisible and bidirectional control characters go; what would be a trick rather than a text is refused.
"""

import re
import unicodedata

from hearth.errors import InvalidInput

MAX_NAME, MAX_ABOUT = 64, 300
"""Graphemes: what people count as characters."""
MAX_CODE_POINTS = 8
"""Per grapheme on the whole: what the columns hold."""
MAX_DEVICE_NAME = 120
MAX_MARKS = 6
"""Accents on one letter; no script needs more, "zalgo" does."""
MAX_PASSES = 8
"""Of taking invisible characters out; people's texts need two."""
STRIPPED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff"
    "\U000e01f0-\U000e0fff]"
)
"""Blanks, bidi controls, ignorables. Joiners, variation selectors stay: emoji, Hindi, Persian need them."""
LOOSE_JOINER = re.compile(
    "(?<![^\\s\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?=\\s|$)|(?<=[\u200c\u200d])[\u200c\u200d]+"
)
LOOSE_TAG = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]+")
"""Tag characters mean something after a black flag only (the flags of England, Scotland and Wales)."""
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
LIKE_VERIFIED = re.compile(
    "[\u221a\u237b\u2611\u26e8\u2705\u2713\u2714\U00010102\U0001f5f8\U0001f5f9\U0001f6e1\U0001fbb1]"
)
"""Check marks, shields, and the root sign, which looks like one: so does the mark of who was compared."""
JOINER = "\u200d"
VIRAMA_CLASS = 9


def clean_display_name(text: str, *, fallback: str) -> str:
    """Return the name to store, one line; `fallback` when nothing is written. Raises InvalidInput."""
    name = " ".join(_clean(text.replace("\t", " ").replace("\n", " "), "display_name").split())
    _require_length(name, MAX_NAME, "display_name")
    if LIKE_VERIFIED.search(name):
        raise InvalidInput("Nobody is verified by their own name.", fields={"display_name": "verified"})
    return name if any(unicodedata.category(character)[0] in "LNPS" for character in name) else fallback


def clean_about(text: str) -> str:
    """Return the text about oneself to store: lines stay, one empty one in a row. Raises InvalidInput."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    about = re.sub(r"\n{3,}", "\n\n", re.sub(r"[^\S\n]+", " ", _clean(plain, "about"))).strip()
    _require_length(about, MAX_ABOUT, "about")
    return about


def clean_device_name(text: str) -> str:
    """Return a device's name to store; browsers make these up, so nothing is refused, only cut."""
    visible = CONTROL.sub(" ", STRIPPED.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(visible.replace("\n", " ").split())[:MAX_DEVICE_NAME]


def count_graphemes(text: str) -> int:
    """Count what people see as characters: UAX 29, extended as Unicode 15.1 does for Indic conjuncts.

    Counts rather too few than too many, so that no text that a browser lets pass is refused here.
    """
    count, previous, flags = 0, "", 0
    for character in text:
        flags = flags + 1 if _is_flag_half(character) else 0
        if not previous or not (_continues(previous, character) or (flags > 0 and flags % 2 == 0)):
            count += 1
        previous = character
    return count


def _clean(text: str, field: str) -> str:
    cleaned = text
    for _ in range(MAX_PASSES):
        before, cleaned = cleaned, _take_out(cleaned)
        if cleaned == before:
            break
    else:
        raise InvalidInput("Invisible characters are not text.", fields={field: "characters"})
    if CONTROL.search(cleaned) or any(unicodedata.category(character) == "Co" for character in cleaned):
        raise InvalidInput("Control characters are not text.", fields={field: "characters"})
    if _longest_row_of_marks(cleaned) > MAX_MARKS:
        raise InvalidInput("There are too many accents on one letter.", fields={field: "marks"})
    return cleaned


def _take_out(text: str) -> str:
    """One pass; what stood apart by something invisible may belong together now (an e and its accent)."""
    visible = STRIPPED.sub("", unicodedata.normalize("NFC", text))
    return LOOSE_TAG.sub("", LOOSE_JOINER.sub("", visible))


def _require_length(text: str, limit: int, field: str) -> None:
    if count_graphemes(text) > limit or len(text) > limit * MAX_CODE_POINTS:
        raise InvalidInput(f"At most {limit} characters.", fields={field: "too_long"})


def _longest_row_of_marks(text: str) -> int:
    longest = row = 0
    for character in text:
        row = row + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        longest = max(longest, row)
    return longest


def _continues(previous: str, character: str) -> bool:
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or character in "\u200c\u200d":
        return True
    if previous == JOINER or unicodedata.combining(previous) == VIRAMA_CLASS:
        return unicodedata.category(character) in ("So", "Lo", "Cn")
    if "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f":
        return True
    return "\u1160" <= character <= "\u11ff"


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
