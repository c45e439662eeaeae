"""What people write about themselves: kept where it is language, refused where it is a trick (T07)."""

import re
import unicodedata

import pytest

from hearth.accounts.texts import clean_about, clean_device_name, clean_display_name, count_graphemes
from hearth.errors import InvalidInput

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "name",
    [
        "Alice Smith",
        "प्रिया शर्मा",
        "જીગ્નેશ પટેલ",
        "محمد بن سلمان",
        "نمی\u200cخواهم",
        "ශ්\u200dරී",
        "Nguyễn Văn",
        "👩‍👩‍👧‍👦 family",
        "❤️ us",
        "🇮🇳 Ravi",
        f"{ENGLAND} Tom",
        "葛\U000e0100城",
        "O'Brien-Łukasz (he/him)",
        "\U0001fae8 shaking",
    ],
)
def test_a_name_in_any_language_is_kept(name: str) -> None:
    assert clean_display_name(name, fallback="x") == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Alice \t\n Smith ", "Alice Smith"),
        ("e\u0301va", "éva"),
        ("\u202eecila\u202c", "ecila"),
        ("\u2066alice\u2069", "alice"),
        ("a\u200bl\u2060i\ufeffce", "alice"),
        ("a\u00adlice", "alice"),
        ("\u200dalice\u200d", "alice"),
        ("a\u200d\u200d\u200db", "a\u200db"),
        ("alice\U000e0041\U000e0042", "alice"),
        ("", "fallback"),
        ("   ", "fallback"),
        ("\u3164", "fallback"),
        ("\u2800\u200b", "fallback"),
        ("\ufe0f\u0301", "fallback"),
    ],
)
def test_what_nobody_sees_is_taken_out(typed: str, kept: str) -> None:
    assert clean_display_name(typed, fallback="fallback") == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("al\0ice", "characters"),
        ("al\x1bice", "characters"),
        ("al\x85ice", "characters"),
        ("al\ud800ice", "characters"),
        ("al\ue000ice", "characters"),
        ("al\uffffice", "characters"),
        ("z" + "\u0335" * 500, "marks"),
        ("x" * 65, "too_long"),
        ("👩‍👩‍👧‍👦" * 65, "too_long"),
        ("❤\ufe0f" + "\u200d❤\ufe0f" * 300, "too_long"),
        ("Lee \u2714", "verified"),
        ("Lee \u2705", "verified"),
        ("Lee \u2611\ufe0f", "verified"),
        ("\u200bLee \U0001f6e1\ufe0f", "verified"),
        ("\u221a Lee", "verified"),
    ],
)
def test_tricks_and_long_names_are_refused(typed: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_display_name(typed, fallback="x")
    assert refused.value.fields == {"display_name": reason}


def test_whatever_is_called_a_check_mark_or_a_shield_is_refused_beside_a_name() -> None:
    signs = [
        chr(code)
        for code in range(0x110000)
        if re.search(
            r"\bCHECK MARK|\bWITH (BOLD )?CHECK\b|^SHIELD$|ON SHIELD", unicodedata.name(chr(code), "")
        )
    ]
    assert len(signs) >= 10
    for sign in signs:
        with pytest.raises(InvalidInput):
            clean_display_name(f"Lee {sign}", fallback="x")


def test_sixty_four_characters_are_counted_as_people_count() -> None:
    for character in ("x", "é", "प्रि", "👩‍👩‍👧‍👦", "🇮🇳"):
        assert count_graphemes(character) == 1
        assert count_graphemes(character * 64) == 64
    assert count_graphemes("각" * 3 + "\u1112\u1161\u11ab") == 4
    assert count_graphemes("🇮🇳🇬🇧🇺") == 3
    assert count_graphemes("") == 0
    assert clean_display_name("प्रि" * 64, fallback="x") == "प्रि" * 64


def test_the_text_about_oneself_keeps_its_lines() -> None:
    assert clean_about("a\r\nb\rc\n\n\n\nd\t e ") == "a\nb\nc\n\nd e"
    assert clean_about("x" * 300) == "x" * 300
    with pytest.raises(InvalidInput):
        clean_about("x" * 301)
    with pytest.raises(InvalidInput):
        clean_about("a\0")


def test_a_device_name_is_cut_never_refused() -> None:
    assert clean_device_name("Firefox\non\0 Linux\u202e") == "Firefox on Linux"
    assert clean_device_name("x" * 500) == "x" * 120


@pytest.mark.parametrize(
    "text",
    [
        "ke\U000e0061\u0301",
        "\u11a8\u200d\u200d\U000e007f\u2001",
        "\U000e0061\u200c\U0001f469 a\u0301",
        "e\u034f\u0301",
    ],
)
def test_what_is_stored_would_be_stored_as_it_is(text: str) -> None:
    """A letter and its accent that something invisible kept apart are one: else two names look alike."""
    name = clean_display_name(text, fallback="x")
    assert clean_display_name(name, fallback="x") == name
    assert unicodedata.is_normalized("NFC", name)
