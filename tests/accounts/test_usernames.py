"""Names that real people have must pass; names that pretend to be others must not (T08, T09, S20)."""

import pytest

from hearth.accounts.usernames import (
    MAX_KEY,
    MAX_STORED,
    UsernameRefused,
    find_fault,
    is_same_username,
    require_username,
    to_normal_form,
    username_key,
)

REAL = {
    "English": ["alice", "bob.smith", "user_1", "mary-jane", "007", "j.r.r.tolkien"],
    "Hindi": ["प्रिया", "नरेन्द्र", "लक्ष्मी", "कृष्ण", "ज्योति", "क्षितिज", "अंजलि", "विद्या.शर्मा", "राम१२"],
    "Gujarati": ["જીગ્નેશ", "કૃષ્ણકાંત", "હર્ષિદા", "ભાવેશ_પટેલ"],
    "Arabic": ["محمد", "فاطمة", "عبد.الرحمن", "مُحَمَّد", "علي٧"],
    "Persian": ["پریسا", "کیوان"],
    "Cyrillic": ["дмитрий", "олексій", "ёлка", "јован", "сергей_82"],
    "Greek": ["γιώργος", "ελένη"],
    "Hebrew": ["שלומית", "יוסף.כהן"],
    "Bengali": ["শ্রীজিতা"],
    "Tamil": ["தமிழ்செல்வி"],
    "Telugu": ["లక్ష్మి"],
    "Kannada": ["ಕೃಷ್ಣ"],
    "Malayalam": ["കൃഷ്ണൻ"],
    "Punjabi": ["ਗੁਰਪ੍ਰੀਤ"],
    "Thai": ["สมชาย", "น้ำฝน"],
    "Burmese": ["မြန်မာ"],
    "Khmer": ["សុភាព"],
    "Tibetan": ["བསྟནའཛིན"],
    "Chinese": ["李小龙", "司馬相如"],
    "Japanese": ["田中さくら", "ユーザー名", "さくら"],
    "Korean": ["김철수", "홍길동"],
    "Vietnamese": ["nguyễn", "phượng"],
    "Turkish": ["ılgaz", "şükrü", "çağla"],
    "Polish": ["łukasz", "żółć"],
    "Armenian": ["հայկ"],
    "Georgian": ["გიორგი"],
    "Amharic": ["አበበች"],
}


@pytest.mark.parametrize("name", [name for names in REAL.values() for name in names])
def test_a_real_name_is_taken_as_it_is(name: str) -> None:
    assert find_fault(name) is None
    assert require_username(name) == name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Alice", "alice"),
        ("ALICE.Smith", "alice.smith"),
        ("Straße", "strasse"),
        ("İlker", "ilker"),
        ("ＡＬＩＣＥ", "alice"),
        ("ﬁona", "fiona"),
        ("Ⅷabc", "viiiabc"),
        ("Ma\u0308rrie", "märrie"),
        ("ΓΙΏΡΓΟΣ", "γιώργος"),
        ("ДМИТРИЙ", "дмитрий"),
    ],
)
def test_the_stored_form_is_folded_and_composed(typed: str, stored: str) -> None:
    assert require_username(typed) == stored
    assert is_same_username(typed, stored)


@pytest.mark.parametrize("name", [name for names in REAL.values() for name in names] + ["İi̇İ", "ǅabc", "ΣΣς"])
def test_normal_form_and_key_settle_at_once(name: str) -> None:
    form = to_normal_form(name)
    assert to_normal_form(form) == form
    assert username_key(form) == username_key(name)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "too_short"),
        ("ab", "too_short"),
        ("x" * 33, "too_long"),
        ("ﷺ" * 3, "too_long"),
        ("hello world", "characters"),
        ("alice ", "characters"),
        (" alice", "characters"),
        ("a\u00a0bc", "characters"),
        ("al/ice", "characters"),
        ("../etc", "characters"),
        ("<script>", "characters"),
        ("al\0ice", "characters"),
        ("al\nice", "characters"),
        ("alice@home", "characters"),
        ("🙂🙂🙂", "characters"),
        ("a\u0337bcd", "characters"),
        ("abc\u0301\u0302\u0303", "characters"),
        ("\u0301abc", "characters"),
        ("प" + "\u093c" * 5 + "क", "characters"),
        ("1१2", "characters"),
        ("١۲٣", "characters"),
        ("al\ud800ice", "characters"),
        ("admin\u200b", "invisible"),
        ("al\u200dice", "invisible"),
        ("al\u00adice", "invisible"),
        ("\u202ealice", "invisible"),
        ("ali\u2066ce", "invisible"),
        ("ㅤㅤㅤ", "invisible"),
        ("ﾠﾠﾠ", "invisible"),
        ("alice\ufe0f", "invisible"),
        ("al\U000e0041ice", "invisible"),
        ("\u2800\u2800\u2800", "invisible"),
        ("аdmin", "scripts"),
        ("раypal", "scripts"),
        ("alicе", "scripts"),
        ("αlice", "scripts"),
        ("user१२", "scripts"),
        ("привет米", "scripts"),
        (".alice", "punctuation"),
        ("alice-", "punctuation"),
        ("a..b", "punctuation"),
        ("a._b", "punctuation"),
        ("___", "punctuation"),
        ("xn--abc", "punctuation"),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(UsernameRefused) as refused:
        require_username(typed)
    assert refused.value.fields == {"username": reason}


@pytest.mark.parametrize(
    "typed",
    """
    admin Admin ADMINISTRATOR system everyone hearth root support all here r00t a.d.m.i.n sup-port supp0rt
    аԁміո ａｄｍｉｎ deleted-account deletedaccount ηere
    """.split(),
)
def test_reserved_names_and_their_look_alikes_are_refused(typed: str) -> None:
    assert find_fault(typed) in ("reserved", "scripts")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "ALICE"),
        ("paypal", "paypa1"),
        ("paypai", "раураӏ"),
        ("bob0", "bobo"),
        ("torn", "tom"),
        ("scope", "ѕсоре"),
        ("ilker", "İlker"),
        ("ilker", "ılker"),
        ("märrie", "MÄRRIE"),
        ("josé", "jose\u0301"),
        ("øre", "o\u0338re"),
    ],
)
def test_look_alikes_share_one_key(one: str, other: str) -> None:
    assert username_key(one) == username_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("märrie", "marrie"),
        ("jose", "josé"),
        ("alice", "alice1"),
        ("a.b.c", "a_b_c"),
        ("abc", "abc "),
        ("प्रिया", "प्रियो"),
        ("дмитрий", "дмитрии"),
        ("فاطمة", "فاطمه"),
    ],
)
def test_names_that_people_tell_apart_have_different_keys(one: str, other: str) -> None:
    assert username_key(one) != username_key(other)


def test_a_look_alike_is_not_the_same_name() -> None:
    assert username_key("torn") == username_key("tom")
    assert not is_same_username("torn", "tom")


@pytest.mark.parametrize("typed", ["", "\0", "\ud800", "x" * 5000, "ﷺ" * 64, "\u0301" * 64, "𝕬𝖉𝖒𝖎𝖓"])
def test_keys_are_total_whatever_a_stranger_sends(typed: str) -> None:
    username_key(typed).encode()


def test_no_accepted_name_is_longer_than_its_column() -> None:
    for character in "mwæﬃ각힣ǆ㎏ώ":
        for count in range(3, 33):
            if find_fault(character * count) is None:
                assert len(to_normal_form(character * count)) <= MAX_STORED
                assert len(username_key(character * count)) <= MAX_KEY
