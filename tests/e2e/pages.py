"""Every page and state worth looking at, for pictures and for axe."""

from dataclasses import dataclass

from tests.e2e import group_ways, told_ways, trust_ways, ways
from tests.e2e.album_cast import CHIEF, ME, NEWCOMER


@dataclass(frozen=True)
class Shot:
    name: str
    path: str = "/"
    prepare: ways.Prepare | None = None


VISITOR = [
    Shot("sign-in", "/sign-in"),
    Shot("sign-in-wrong", "/sign-in", ways.sign_in_wrongly),
    Shot("register", "/register"),
    Shot("register-faults", "/register", ways.register_emptily),
    Shot("register-weak", "/register", ways.choose_weakly),
    Shot("register-words", "/register", ways.suggest_words),
    Shot("recover", "/recover"),
    Shot("register-link-used", "/register#invite=" + "x" * 32),
    Shot("reset", "/reset", ways.follow_reset),
    Shot("reset-link-used", "/reset#" + "x" * 32),
    Shot("reset-cut-short", "/reset"),
    Shot("sign-in-ended", "/sign-in", told_ways.be_signed_out),
]
KEPT: dict[str, object] = {"flaw": None}
REMOVED: dict[str, object] = {"state": "removed", "users": [], "verdict": None, "n": 1}
STOPPED: dict[str, object] = {"state": "stopped", "users": [], "verdict": "rollback", "n": 1}
NEWER: dict[str, object] = {"state": "stopped", "users": [], "verdict": "unsupported", "n": 1}
FULL = [
    Shot("list"),
    Shot("list-search-nobody", prepare=ways.search_nobody),
    Shot("conversation", prepare=ways.talk_with("grandma")),
    Shot("conversation-unread", prepare=ways.come_to_something_new),
    Shot("conversation-menu", prepare=ways.open_menu),
    Shot("acts-shown", prepare=ways.react_and_answer),
    Shot("acts-menu", prepare=ways.open_acts),
    Shot("acts-reply", prepare=ways.choose_act("reply")),
    Shot("acts-edit", prepare=ways.edit_last),
    Shot("acts-forward", prepare=ways.choose_act("forward")),
    Shot("acts-who", prepare=ways.ask_who_reacted),
    Shot("acts-emoji", prepare=ways.choose_any_emoji),
    Shot("acts-choice", prepare=ways.choose_act("check2-square")),
    Shot("acts-delete", prepare=ways.ask_to_delete),
    Shot("poll", prepare=ways.ask_by_poll),
    Shot("poll-new", prepare=ways.begin_a_poll),
    Shot("pinned", prepare=ways.see_pinned),
    Shot("conversation-arabic", prepare=ways.talk_with("layla")),
    Shot("conversation-formatted", prepare=ways.see_formatted),
    Shot("conversation-long", prepare=ways.talk_with("sam")),
    Shot("conversation-closed", prepare=ways.talk_with("colleague")),
    Shot("conversation-empty", prepare=ways.talk_with("empty")),
    Shot("conversation-counter", prepare=ways.write_long),
    Shot("notes", prepare=ways.open_notes),
    Shot("notes-emoji", prepare=ways.pick_emoji),
    Shot("group", prepare=group_ways.meet_in_a_group),
    Shot("group-mention", prepare=group_ways.begin_a_mention),
    Shot("group-about", prepare=group_ways.open_group()),
    Shot("group-level", prepare=group_ways.choose_level),
    Shot("group-menu", prepare=group_ways.open_group(ways.press("#main .members li [aria-haspopup=menu]"))),
    Shot("group-remove", prepare=group_ways.open_group(group_ways.ask_to_remove)),
    Shot("group-edit", prepare=group_ways.open_group(ways.press("#main header .btn-secondary"))),
    Shot("group-leave", prepare=group_ways.open_group(ways.press("#main .leave"))),
    Shot("group-add", prepare=group_ways.open_group(group_ways.choose_people)),
    Shot("group-new", "/groups/new"),
    Shot("shortcuts", prepare=ways.show_keys),
    Shot("conversation-missing", "/c/" + "0" * 32),
    Shot("friends", "/friends"),
    Shot("friends-requests", "/friends/requests"),
    Shot("friends-blocked", "/friends/blocked"),
    Shot("friends-add", "/friends/add"),
    Shot("friend-link", "/add/theo"),
    Shot("friend-link-unknown", "/add/nobody-of-that-name"),
    Shot("friend-profile", "/u/3"),
    Shot("friend-remove", "/u/3", ways.press("#main .card > .btn:has(+ .btn)")),
    Shot("friend-block", "/u/3", ways.press("#main .card > .btn:last-of-type")),
    Shot("user-unknown", "/u/4711"),
    Shot("numbers", prepare=trust_ways.open_numbers),
    Shot("numbers-differ", prepare=trust_ways.find_difference),
    Shot("numbers-code", prepare=trust_ways.enter_code),
    Shot("link-differs", prepare=trust_ways.be_warned_by_link),
    Shot("numbers-verified", prepare=trust_ways.mark_as_compared),
    Shot("encryption", prepare=trust_ways.show_encryption),
    Shot("you", "/you"),
    Shot("you-sign-out", "/you", ways.press(".leave .btn")),
    Shot("profile", "/you/profile"),
    Shot("profile-picture", "/you/profile", ways.choose_picture),
    Shot("devices", "/you/devices"),
    Shot("devices-name", "/you/devices", ways.press("#main .card li:first-child .btn-icon")),
    Shot("devices-sign-out", "/you/devices", ways.press("#main .card li:nth-child(2) .btn-icon:last-child")),
    Shot("security", "/you/security"),
    Shot("security-delete", "/you/security", ways.press("#main .btn-danger")),
    Shot("recovery-key", "/you/recovery-key"),
    Shot("recovery-key-made", "/you/recovery-key", ways.make_recovery_key),
    Shot("recovery-key-check", "/you/recovery-key", ways.check_recovery_key),
    Shot("new-device", prepare=trust_ways.come_on_a_new_device),
    Shot("admin-refused", "/admin"),
    Shot("starred-none", "/you/starred"),
    Shot("mentions-none", "/you/mentions"),
    Shot("notifications", "/you/notifications", ways.be_left_alone),
    Shot("appearance", "/you/appearance"),
    Shot("not-found", "/nowhere"),
    Shot("conversation-skipped", prepare=told_ways.find_row({"flaw": {"seq": 1, "reason": "skipped"}})),
    Shot("conversation-removed", prepare=told_ways.find_row(KEPT | {"sealing": REMOVED})),
    Shot("conversation-stopped", prepare=told_ways.find_row(KEPT | {"sealing": STOPPED})),
    Shot("conversation-stopped-newer", prepare=told_ways.find_row(KEPT | {"sealing": NEWER})),
    Shot("conversation-newer-format", prepare=ways.talk_with("maximilian")),
    Shot("offline", prepare=ways.go_offline),
]
# What cannot be undone comes after all others, in the first dress only.
LAST = [
    Shot("restored", prepare=told_ways.hear_of_a_restore),
    Shot("device-copied", prepare=told_ways.hear_of_a_copy),
    Shot("conversation-refused", prepare=ways.be_refused),
    Shot("new-identity", prepare=trust_ways.meet_a_new_identity),
]
ADMIN = [
    Shot("admin", "/admin"),
    Shot("admin-menu", "/admin", ways.press("#main [aria-haspopup=menu]")),
    Shot("admin-reset", "/admin", ways.ask_to(0)),
    Shot("admin-disable", "/admin", ways.ask_to(1)),
    Shot("admin-invites", "/admin/invites"),
    Shot("admin-invite-made", "/admin/invites", ways.press("#main form button[type=submit]")),
    Shot("admin-server", "/admin/server"),
]
EMPTY = [Shot("first-list"), Shot("first-friends", "/friends"), Shot("first-requests", "/friends/requests")]
# Who sees which pages; nobody is signed in for the first ones.
VISITS: list[tuple[str | None, list[Shot]]] = [(None, VISITOR), (ME, FULL), (NEWCOMER, EMPTY), (CHIEF, ADMIN)]
