"""Accounts over HTTP: browsers, programs, attackers (S01, S09, S10, S13, S14, S16, P03, P16, M01)."""

import asyncio
from typing import Any

import msgspec
import pytest
from quart import Response
from quart.typing import TestClientProtocol as Browser

from hearth.accounts.invite import create_invite
from hearth.accounts.pictures import MAX_BYTES
from tests.accounts.conftest import House, make_key, make_registration
from tests.accounts.images import make_png

OWN = {"Origin": "http://localhost"}
REGISTRATION = msgspec.to_builtins(make_registration("alice"))


def make_sign_in(username: str = "alice", password: str = "right", **other: Any) -> dict[str, Any]:
    key = msgspec.to_builtins(make_key(password))
    return {"username": username, "auth_key": key, "device_name": "Phone", **other}


async def post(client: Browser, path: str, body: Any = None, **options: Any) -> Response:
    options = {"headers": OWN, **options}
    response = await client.post(path, json=body if body is not None else {}, **options)
    assert isinstance(response, Response)
    return response


async def problem(response: Response) -> str:
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    return str((await response.get_json())["code"])


def cookie_of(response: Response) -> str:
    return str(response.headers["Set-Cookie"])


async def test_a_browser_gets_a_cookie_that_scripts_and_other_sites_cannot_use(
    browser: Browser,
) -> None:
    response = await post(browser, "/api/register", REGISTRATION)
    assert response.status_code == 200
    assert (await response.get_json())["token"] is None
    cookie = cookie_of(response)
    assert cookie.startswith("hearth=") and "Secure" not in cookie
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    session = await browser.get("/api/session")
    assert (await session.get_json())["user"]["username"] == "alice"
    assert session.headers["Cache-Control"] == "no-store"


async def test_behind_https_the_cookie_is_a_host_cookie(house: House, browser: Browser) -> None:
    object.__setattr__(house.services.config, "url", "https://hearth.example")
    response = await post(
        browser, "/api/register", REGISTRATION, headers={"Origin": "https://hearth.example"}
    )
    cookie = cookie_of(response)
    assert cookie.startswith("__Host-hearth=") and "Secure" in cookie


async def test_a_program_gets_a_token_and_no_cookie(browser: Browser) -> None:
    response = await post(browser, "/api/register", {**REGISTRATION, "session": "bearer"}, headers={})
    token = (await response.get_json())["token"]
    assert "Set-Cookie" not in response.headers and len(token) == 43
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await browser.get("/api/session", headers=bearer)).status_code == 200
    assert (await post(browser, "/api/sign-out", headers=bearer)).status_code == 200
    assert (await browser.get("/api/session", headers=bearer)).status_code == 401


async def test_signing_in_over_a_session_ends_the_old_one(house: House, browser: Browser) -> None:
    await post(browser, "/api/register", REGISTRATION)
    old = cookie_of(await post(browser, "/api/sign-in", make_sign_in())).split("=", 1)[1].split(";")[0]
    assert await house.finds(old) is not None
    new = cookie_of(await post(browser, "/api/sign-in", make_sign_in())).split("=", 1)[1].split(";")[0]
    assert new != old
    assert await house.finds(old) is None and await house.finds(new) is not None


async def test_a_planted_cookie_is_not_taken_over(house: House, browser: Browser) -> None:
    await house.user("alice")
    browser.set_cookie("localhost", "hearth", "planted-by-somebody-else")
    response = await post(browser, "/api/sign-in", make_sign_in())
    assert response.status_code == 200 and "planted" not in cookie_of(response)
    assert await house.finds("planted-by-somebody-else") is None


async def test_signing_out_takes_cookie_and_session_away(browser: Browser) -> None:
    await post(browser, "/api/register", REGISTRATION)
    response = await post(browser, "/api/sign-out")
    assert "Max-Age=0" in cookie_of(response) or "1970" in cookie_of(response)
    assert await problem(await browser.get("/api/session")) == "not_signed_in"


async def test_commands_of_accounts_come_by_http_too(browser: Browser) -> None:
    await post(browser, "/api/register", REGISTRATION)
    response = await post(browser, "/api/profile.update", {"about": "Hello"})
    assert (await response.get_json())["about"] == "Hello"
    for extra in ({"is_admin": True}, {"user_id": 1}, {"about": 5}):
        assert await problem(await post(browser, "/api/profile.update", extra)) == "invalid_input"


@pytest.mark.parametrize("path", ["/api/register", "/api/sign-in", "/api/sign-in/reset", "/api/sign-out"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:81"]
)
async def test_another_site_can_do_nothing(browser: Browser, path: str, origin: str) -> None:
    await post(browser, "/api/register", REGISTRATION)
    response = await post(browser, path, make_sign_in(), headers={"Origin": origin})
    assert await problem(response) == "foreign_origin"
    assert await problem(await post(browser, path, make_sign_in(), headers={})) == "foreign_origin"
    assert (await browser.get("/api/session")).status_code == 200


async def test_forms_and_get_requests_change_nothing(browser: Browser) -> None:
    body = msgspec.json.encode(REGISTRATION)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = await browser.post("/api/register", data=body, headers={**OWN, "Content-Type": kind})
        assert await problem(response) == "unsupported_type"
    for path in ("/api/register", "/api/sign-in", "/api/sign-out"):
        assert (await browser.get(path)).status_code in (404, 405)


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth_key": "short"},
        {"auth_key": "A" * 100_000},
        {"username": "x" * 65},
        {"username": {"$ne": 1}},
        {"username": ["alice"]},
        {"is_admin": True},
        {"kdf": {"salt": "AAAA", "memory": 65536, "iterations": 3, "parallelism": 1}},
        {"kdf": {**REGISTRATION["kdf"], "memory": -1}},
        {"device_name": "x" * 121},
        {"session": "none"},
    ],
)
async def test_malformed_registrations_are_refused(browser: Browser, wrong: dict[str, Any]) -> None:
    assert await problem(await post(browser, "/api/register", {**REGISTRATION, **wrong})) == "invalid_input"


async def test_a_megabyte_for_a_password_costs_nothing(house: House, browser: Browser) -> None:
    house.clear()
    response = await browser.post(
        "/api/sign-in", data=b"x" * 1_000_000, headers={**OWN, "Content-Type": "application/json"}
    )
    assert await problem(response) == "too_large"
    assert house.queries == 0


async def test_unknown_and_wrong_get_the_same_bytes(house: House, browser: Browser) -> None:
    await house.user("alice")
    wrong = await post(browser, "/api/sign-in", make_sign_in(password="wrong"))
    unknown = await post(browser, "/api/sign-in", make_sign_in("nobody"))
    assert wrong.status_code == unknown.status_code == 401
    assert await wrong.get_data() == await unknown.get_data()
    assert "Set-Cookie" not in wrong.headers
    known = await browser.get("/api/sign-in/parameters?username=alice")
    invented = await browser.get("/api/sign-in/parameters?username=nobody")
    assert (await known.get_json()).keys() == (await invented.get_json()).keys()
    assert await problem(await browser.get("/api/sign-in/parameters")) == "invalid_input"


async def test_guessing_one_account_is_slowed_down_before_the_password_is_looked_at(
    house: House, browser: Browser
) -> None:
    await house.user("alice")
    for spelling in ("alice", "ALICE", "ａlice", "a1ice", "Alice") * 2:
        assert (
            await problem(await post(browser, "/api/sign-in", make_sign_in(spelling, "guess")))
            == "wrong_password"
        )
    house.clear()
    response = await post(browser, "/api/sign-in", make_sign_in("alice", "right"))
    assert await problem(response) == "too_many_requests"
    assert int(response.headers["Retry-After"]) >= 1 and house.queries == 0
    house.clock.advance(seconds=91)
    assert (await post(browser, "/api/sign-in", make_sign_in())).status_code == 200


async def test_somebody_elses_guesses_do_not_lock_the_victim_out(house: House, browser: Browser) -> None:
    await house.user("alice")
    for _ in range(15):
        await post(browser, "/api/sign-in", make_sign_in(password="guess"))
    at_home = {"scope_base": {"client": ("203.0.113.7", 4000)}}
    assert (await post(browser, "/api/sign-in", make_sign_in(), **at_home)).status_code == 200


async def test_signing_in_rightly_is_not_counted_against_the_account(house: House, browser: Browser) -> None:
    await house.user("alice")
    for number in range(60):
        response = await post(
            browser,
            "/api/sign-in",
            make_sign_in(session="bearer"),
            scope_base={"client": (f"203.0.113.{number // 20}", 4000)},
        )
        assert response.status_code == 200


async def test_a_network_cannot_spray_and_a_forged_header_does_not_help(browser: Browser) -> None:
    codes = []
    for number in range(40):
        headers = {**OWN, "X-Forwarded-For": f"198.51.100.{number}"}
        response = await post(browser, "/api/sign-in", make_sign_in(f"user-{number}"), headers=headers)
        codes.append(await problem(response))
    assert codes == ["wrong_password"] * 30 + ["too_many_requests"] * 10


async def test_one_ipv6_network_is_one_attacker(browser: Browser) -> None:
    codes = []
    for number in range(35):
        client = {"scope_base": {"client": (f"2001:db8:1:2:{number:x}::1", 4000)}}
        codes.append(
            await problem(await post(browser, "/api/sign-in", make_sign_in(f"user-{number}"), **client))
        )
    assert codes.count("too_many_requests") == 5


async def test_registrations_and_parameters_are_limited_by_network(house: House, browser: Browser) -> None:
    statuses = []
    for number in range(35):
        body = {**REGISTRATION, "username": f"flood.{chr(97 + number % 26)}{chr(97 + number // 26)}"}
        statuses.append((await post(browser, "/api/register", body)).status_code)
    assert statuses == [200] * 30 + [429] * 5
    house.clear()
    asked = [await browser.get("/api/sign-in/parameters?username=flood.aa") for _ in range(65)]
    assert [response.status_code for response in asked] == [200] * 60 + [429] * 5


async def test_a21_asking_about_links_is_limited_by_network_and_tells_guesses_nothing(
    house: House, browser: Browser
) -> None:
    invite = await house.do(create_invite)
    answer = await post(browser, "/api/links", {"token": invite})
    assert await answer.get_json() == {"purpose": "invite", "username": None}
    for number in range(59):
        assert await problem(await post(browser, "/api/links", {"token": f"guess{number}"})) == "link_invalid"
    house.clear()
    for token in ("guess", invite):
        refused = await post(browser, "/api/links", {"token": token})
        assert await problem(refused) == "too_many_requests"
    assert house.queries == 0
    elsewhere = {**OWN, "X-Forwarded-For": "203.0.113.9"}
    refused = await post(browser, "/api/links", {"token": invite}, headers=elsewhere)
    assert await problem(refused) == "too_many_requests", "a forged header does not help"


async def test_what_a_visitor_may_do_on_which_server_is_public(house: House, browser: Browser) -> None:
    before = await (await browser.get("/api/registration")).get_json()
    identity = house.services.identity
    assert len(identity.server_id) == len(identity.generation) == 16
    assert before == {
        "mode": "open",
        "has_users": False,
        "insecure_test_kdf": True,
        "server_id": identity.server_id.hex(),
        "generation": identity.generation.hex(),
    }
    await post(browser, "/api/register", REGISTRATION)
    assert (await (await browser.get("/api/registration")).get_json())["has_users"] is True


async def test_a_picture_is_for_signed_in_people_and_can_do_nothing(house: House, browser: Browser) -> None:
    await post(browser, "/api/register", REGISTRATION)
    headers = {**OWN, "Content-Type": "image/png"}
    saved = await browser.put("/api/avatar", data=make_png(), headers=headers)
    avatar_id = (await saved.get_json())["avatar_id"]
    shown = await browser.get(f"/api/avatars/{avatar_id}")
    assert await shown.get_data() == make_png()
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"] == "inline"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["Cache-Control"] == "private, no-store"
    for other in ("0" * 64, "0" * 63, avatar_id.upper(), "..%2f..%2fhearth.db", "%00"):
        assert await problem(await browser.get(f"/api/avatars/{other}")) == "not_found"
    assert (await browser.delete("/api/avatar", headers=OWN)).status_code == 200
    assert await problem(await browser.get(f"/api/avatars/{avatar_id}")) == "not_found"
    await post(browser, "/api/sign-out")
    assert await problem(await browser.get(f"/api/avatars/{avatar_id}")) == "not_signed_in"
    assert (
        await problem(await browser.put("/api/avatar", data=make_png(), headers=headers)) == "not_signed_in"
    )


async def test_hostile_pictures_are_refused_over_http(browser: Browser) -> None:
    await post(browser, "/api/register", REGISTRATION)
    for kind, content, code in (
        ("image/svg+xml", b"<svg/>", "unsupported_type"),
        ("text/html", b"<script>", "unsupported_type"),
        ("application/json", b"{}", "unsupported_type"),
        ("image/webp", make_png(), "invalid_input"),
        ("image/png", make_png(60000, 60000), "too_large"),
        ("image/png", make_png() + bytes(MAX_BYTES), "too_large"),
        ("image/png", bytes(5_000_000), "too_large"),
    ):
        headers = {**OWN, "Content-Type": kind, "Content-Encoding": "gzip"}
        assert await problem(await browser.put("/api/avatar", data=content, headers=headers)) == code


async def test_a_defect_of_ours_tells_nothing_of_the_inside(house: House, browser: Browser) -> None:
    async with house.services.database.transaction("write") as transaction:
        await transaction.exec_driver_sql("ALTER TABLE sign_in_reset RENAME TO gone")
    body = {**make_sign_in(), "token": "x", "kdf": REGISTRATION["kdf"]}
    del body["username"]
    response = await post(browser, "/api/sign-in/reset", body)
    text = str(await response.get_data())
    assert response.status_code == 500 and await problem(response) == "internal"
    for secret in ("Traceback", "SELECT", "sign_in_reset", "sqlalchemy"):
        assert secret not in text


async def test_many_sign_ins_at_once_are_let_through_or_refused_but_never_fail(
    house: House, browser: Browser
) -> None:
    await house.user("alice")
    responses = await asyncio.gather(
        *(post(browser, "/api/sign-in", make_sign_in(password="guess")) for _ in range(200))
    )
    statuses = [response.status_code for response in responses]
    assert statuses.count(401) == 10 and statuses.count(429) == 190
