"""What a username may be, and when two are the same. Pure.

Stored and shown is the normal form (case-folded NFKC); unique is its key, the confusables skeleton of UTS 39,
so that no two people have names that look alike. Comparing happens here, never in a database's collation.
"""

import json
import re
import unicodedata
from collections import defaultdict
from functools import cache
from importlib import resources

from confusable_homoglyphs import categories

from hearth.errors import HearthError, InvalidInput

MIN_TYPED, MAX_TYPED, MAX_STORED, MAX_KEY = 3, 32, 50, 191
PUNCTUATION = frozenset("._-")
LETTERS = frozenset({"Ll", "Lo", "Lm", "Lu"})
MARKS = frozenset({"Mn", "Mc"})
NO_SCRIPT = frozenset({"COMMON", "INHERITED"})
WRITTEN_TOGETHER = (
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "HANGUL"}),
    frozenset({"HAN", "BOPOMOFO"}),
)
COMPOSED = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN"})
"""Scripts whose accents NFC joins with their letter, so that a row of loose ones is decoration."""
MAX_MARKS, MAX_MARKS_COMPOSED = 4, 1
JAPANESE_LENGTHENER = "ー"
WRITTEN_JOINED = (("\u0e4d\u0e32", "\u0e33"), ("\u0ecd\u0eb2", "\u0eb3"))
"""Thai and Lao AM, which NFKC takes apart into what nobody types and fonts draw badly."""
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default-ignorable and blank characters, letters among them (the Hangul fillers, for one)."""
OVERLAY = re.compile("[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]")
RESERVED = """
    abuse admin administrator administrators admins all anonymous api bot channel deleted
    deleted-user deleted-account everyone guest hearth help helpdesk here hostmaster info me
    moderator moderators nobody none no-reply notes null official operator owner postmaster root
    security self server service staff support system team undefined unknown user users webmaster
""".split()


class UsernameRefused(InvalidInput):
    """`fields["username"]` is the reason, one of the words in SENTENCES."""

    code = "username_refused"
    title = "This username cannot be used"


class UsernameTaken(HearthError):
    code = "username_taken"
    status = 409
    title = "This username, or one that looks like it, is taken"


SENTENCES = {
    "too_short": f"A username has at least {MIN_TYPED} characters.",
    "too_long": f"A username has at most {MAX_TYPED} characters.",
    "characters": "A username is made of letters, digits, dots, hyphens and underscores.",
    "invisible": "A username has no invisible characters.",
    "scripts": "A username is written in one script.",
    "punctuation": "Dots, hyphens and underscores stand alone, and neither first nor last.",
    "reserved": "This username is reserved.",
}


def require_username(typed: str) -> str:
    """Return the normal form to store; raises UsernameRefused with the reason."""
    reason = find_fault(typed)
    if reason is not None:
        raise UsernameRefused(SENTENCES[reason], fields={"username": reason})
    return to_normal_form(typed)


def find_fault(typed: str) -> str | None:
    """Return why this cannot be a username, as one of the words in SENTENCES, or None."""
    composed = unicodedata.normalize("NFC", typed)
    name = to_normal_form(typed)
    if INVISIBLE.search(composed):
        return "invisible"
    if len(composed) < MIN_TYPED or len(name) < MIN_TYPED:
        return "too_short"
    if len(composed) > MAX_TYPED or len(name) > MAX_STORED or len(username_key(typed)) > MAX_KEY:
        return "too_long"
    if not _has_good_characters(name) or not _has_good_marks(name):
        return "characters"
    if not _is_one_script(name):
        return "scripts"
    if name[0] in PUNCTUATION or name[-1] in PUNCTUATION or re.search(r"[._-]{2}", name):
        return "punctuation"
    if _to_bare_key(name) in _reserved_keys():
        return "reserved"
    return None


def to_normal_form(typed: str) -> str:
    """Return the form in which a name is stored, shown and compared; total, idempotent, valid name or not."""
    text = re.sub("[\ud800-\udfff]", "\ufffd", typed)
    for _ in range(4):  # folding may undo composing and the other way round; it settles at once in practice
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            break
        text = folded
    text = unicodedata.normalize("NFKC", re.sub("(?<=[ij])\u0307+", "", unicodedata.normalize("NFD", text)))
    for apart, joined in WRITTEN_JOINED:
        text = text.replace(apart, joined)
    return re.sub(r"(?<=\w)σ(?=$|[._\-\d])", "ς", text)


def username_key(typed: str) -> str:
    """Return what is unique among all names ever given out; equal for names that look alike."""
    return to_skeleton(to_normal_form(typed))


def is_same_username(typed: str, stored: str) -> bool:
    """Tell whether `typed` is this very name, not merely one that looks like it."""
    return to_normal_form(typed) == to_normal_form(stored)


def to_skeleton(text: str) -> str:
    """Return the case-insensitive confusables skeleton (UTS 39 section 4), applied until nothing changes."""
    prototypes = _load_prototypes()
    for _ in range(4):
        mapped = unicodedata.normalize("NFD", text).translate(prototypes).casefold()
        mapped = unicodedata.normalize("NFD", mapped)
        if mapped == text:
            break
        text = mapped
    return text


def _has_good_characters(name: str) -> bool:
    systems = set()
    for character in name:
        category = unicodedata.category(character)
        if category == "Nd":
            systems.add(ord(character) - unicodedata.decimal(character))
        elif category in LETTERS:
            if categories.alias(character) in NO_SCRIPT and character != JAPANESE_LENGTHENER:
                return False
        elif category not in MARKS and character not in PUNCTUATION:
            return False
    return len(systems) <= 1 and OVERLAY.search(unicodedata.normalize("NFD", name)) is None


def _has_good_marks(name: str) -> bool:
    allowed = MAX_MARKS_COMPOSED if _list_scripts(name) & COMPOSED else MAX_MARKS
    row, follows_letter = 0, False
    for character in name:
        category = unicodedata.category(character)
        if category in MARKS:
            row += 1
            if not follows_letter or row > allowed:
                return False
        else:
            row, follows_letter = 0, category in LETTERS
    return True


def _list_scripts(name: str) -> frozenset[str]:
    return frozenset(categories.alias(character) for character in name) - NO_SCRIPT


def _is_one_script(name: str) -> bool:
    scripts = _list_scripts(name)
    return len(scripts) <= 1 or any(scripts <= together for together in WRITTEN_TOGETHER)


def _to_bare_key(name: str) -> str:
    return username_key(re.sub(r"[._-]", "", name))


@cache
def _reserved_keys() -> frozenset[str]:
    return frozenset(_to_bare_key(name) for name in RESERVED)


@cache
def _load_prototypes() -> dict[int, str]:
    """Return code point → what it looks like, from the library's copy of Unicode's confusables.txt.

    The library keeps both directions of each pair. Every look-alike has one prototype, so an entry is the
    prototype of its neighbours if it has several, or if it is a sequence (sequences are never look-alikes).
    """
    text = resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    neighbours: dict[str, set[str]] = defaultdict(set)
    for source, targets in json.loads(text).items():
        neighbours[source.strip("\u200e")].update(target["c"].strip("\u200e") for target in targets)
    prototypes: dict[int, str] = {}
    for source, found in neighbours.items():
        if len(source) != 1 or len(found) != 1:
            continue
        (target,) = found
        is_pair = len(target) == 1 and len(neighbours[target]) == 1
        if not is_pair or target < source:
            prototypes[ord(source)] = target
    return prototypes
