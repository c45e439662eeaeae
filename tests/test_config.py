"""Settings: where they come from, who wins, and what is unsafe."""

import argparse
import ipaddress
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from hearth.config import Config, ConfigError
from hearth.options import OPTIONS, add_flags, load_config
from hearth.safety import has_password, list_warnings, prepare

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def load(*flags: str, data: Path, environment: dict[str, str] | None = None) -> Config:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return load_config(vars(parser.parse_args(["--data", str(data), *flags])), environment or {})


def write_file(data: Path, text: str) -> None:
    data.mkdir(exist_ok=True)
    (data / "hearth.toml").write_text(text, encoding="utf-8")


def test_without_any_setting_only_this_machine_gets_in_and_anybody_may_register(data: Path) -> None:
    config = load(data=data)
    assert (config.host, config.port, config.registration) == ("localhost", 8000, "open")
    assert config.is_private
    assert config.database_url == f"sqlite+aiosqlite:///{(data / 'hearth.db').as_posix()}"
    assert config.public_url == "http://localhost:8000"


def test_flags_win_over_variables_and_those_over_the_file(data: Path) -> None:
    write_file(data, 'port = 1001\nhost = "127.0.0.1"\nlog_format = "json"')
    config = load("--port", "1003", data=data, environment={"HEARTH_PORT": "1002", "HEARTH_HOST": "::1"})
    assert (config.port, config.host, config.log_format) == (1003, "::1", "json")


def test_every_option_can_be_given_in_all_three_ways(data: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "host": "127.0.0.9",
        "port": 9,
        "data": str(tmp_path / "elsewhere"),
        "database": "sqlite:////elsewhere/x.db",
        "url": "https://example.org",
        "tls_cert": "/a.crt",
        "tls_key": "/a.key",
        "trusted_proxy": "10.0.0.0/8",
        "registration": "closed",
        "limit_scale": 2.5,
        "log_format": "json",
        "metrics_token_file": "/a.token",
        "loop": "asyncio",
        "insecure_test_kdf": True,
    }
    assert set(given) == {option.name for option in OPTIONS}
    default = Config(data=data)
    for option in OPTIONS:
        value = given[option.name]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        literal = f"'{value}'" if isinstance(value, str) else text
        file = tmp_path / "settings.toml"
        file.write_text(f"{option.name} = {literal}", encoding="utf-8")
        flags = [option.flag] if value is True else [option.flag, text]
        by_flag = load(*flags, data=data)
        by_variable = load_config({}, {option.variable: text})
        by_file = load_config({"config": str(file)}, {})
        results = {getattr(config, option.name) for config in (by_flag, by_variable, by_file)}
        assert len(results) == 1, option.name
        assert results != {getattr(default, option.name)}, option.name


def test_networks_may_be_a_list_in_the_file(data: Path) -> None:
    write_file(data, 'trusted_proxy = ["127.0.0.1/32", "fd00::/8"]')
    assert load(data=data).trusted_proxy == (
        ipaddress.ip_network("127.0.0.1/32"),
        ipaddress.ip_network("fd00::/8"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prot = 1", "did you mean port?"),
        ('port = "8000"', "type int"),
        ("port = true", "type int"),
        ('insecure_test_kdf = "yes"', "type bool"),
        ("port =", "TOML"),
        ("port = 70000", "from 0"),
        ('trusted_proxy = ["300.0.0.1"]', "networks"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(data: Path, text: str, expected: str) -> None:
    write_file(data, text)
    with pytest.raises(ConfigError, match=expected):
        load(data=data)


def test_a_misspelt_variable_is_refused_and_test_variables_are_not(data: Path) -> None:
    load(data=data, environment={"HEARTH_TEST_DATABASE": "sqlite", "PATH": "/bin"})
    with pytest.raises(ConfigError, match="did you mean HEARTH_REGISTRATION"):
        load(data=data, environment={"HEARTH_REGISTRATON": "closed"})


def test_a_named_settings_file_must_exist(data: Path) -> None:
    with pytest.raises(ConfigError, match="no settings file"):
        load("--config", str(data / "none.toml"), data=data)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Chat.Example.org/", "https://chat.example.org"),
        ("https://chat.example.org:443", "https://chat.example.org"),
        ("https://chat.example.org:8443", "https://chat.example.org:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_url_becomes_the_origin_that_browsers_send(data: Path, text: str, origin: str) -> None:
    assert load("--url", text, data=data).url == origin


@pytest.mark.parametrize(
    "text",
    [
        "chat.example.org",
        "ftp://x",
        "https://",
        "https://x/path",
        "https://u:p@x",
        "https://x:99999",
        "https://x?a",
    ],
)
def test_what_is_no_origin_is_refused(data: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="--url"):
        load("--url", text, data=data)


@pytest.mark.parametrize("text", ["nan", "0.5", "inf", "-1", "1e9", "x", "2000000"])
def test_a_limit_scale_never_lowers_or_removes_limits(data: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="--limit-scale"):
        load("--limit-scale", text, data=data)


@pytest.mark.parametrize("name", ["mysql", "mariadb", "mysql+asyncmy"])
def test_people_may_call_the_database_by_either_name(data: Path, name: str) -> None:
    config = load("--database", f"{name}://u:p@db/hearth", data=data)
    assert config.database_url == "mysql+asyncmy://u:p@db/hearth"
    assert config.sqlite_directory is None


@pytest.mark.parametrize("text", ["postgresql://x/y", "hearth.db", "mysql://", "sqlite://"])
def test_other_databases_are_refused(data: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="--database"):
        load("--database", text, data=data)


def test_a_database_password_is_neither_printed_nor_repeated_in_errors(data: Path) -> None:
    config = load("--database", "mysql://u:canary@db/hearth", data=data)
    assert "canary" not in repr(config)
    with pytest.raises(ConfigError) as refusal:
        load("--database", "mongodb://u:canary@db/hearth", data=data)
    assert "canary" not in str(refusal.value)


def test_a_password_in_a_databases_address_is_seen_whatever_the_rest_is() -> None:
    for address in (
        "mysql://u:canary@db/x",
        "mysql://u:can@ary@db/x",
        "mysql://u:can/ary[@db/x",
        "mongodb://u:canary@db/x",
        "mysql://u@db/x?charset=utf8mb4&password=canary",
    ):
        assert has_password(address), address
    for address in (
        "",
        "mysql://u@db/x",
        "mysql://u:@db/x",
        "mysql://db:3306/x",
        "sqlite:////a:b@c/hearth.db",
    ):
        assert not has_password(address), address


def test_registration_is_open_only_where_nobody_else_gets_in() -> None:
    assert Config(host="127.0.0.1").registration == "open"
    assert Config(url="http://localhost:5173").registration == "open"
    assert Config(host="0.0.0.0").registration == "invite"
    assert Config(url="https://chat.example.org").registration == "invite"
    assert Config(url="https://chat.example.org", registration="open").registration == "open"


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("127.0.0.5", True),
        ("::1", True),
        ("a.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.evil.org", False),
        ("192.168.1.2", False),
    ],
)
def test_loopback_is_told_from_what_only_looks_like_it(host: str, is_loopback: bool) -> None:
    assert Config(host=host).is_loopback is is_loopback


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"host": "0.0.0.0"}, "hearth cert"),
        ({"host": "192.168.1.2"}, "--tls-cert"),
        ({"url": "http://chat.example.org"}, "not HTTPS"),
        ({"host": "0.0.0.0", "url": "http://localhost:8000"}, "hearth cert"),
        ({"insecure_test_kdf": True, "url": "https://chat.example.org"}, "--insecure-test-kdf"),
        ({"tls_cert": Path("/none.crt")}, "both"),
        ({"tls_cert": Path("/none.crt"), "tls_key": Path("/none.key")}, "not there"),
    ],
)
def test_unsafe_settings_are_refused_with_what_to_do(
    data: Path, settings: dict[str, Any], advice: str
) -> None:
    with pytest.raises(ConfigError, match=advice):
        prepare(Config(data=data, **settings))


def test_the_data_directory_is_made_for_its_owner_alone(data: Path) -> None:
    prepare(Config(data=data / "deep"))
    if sys.platform != "win32":
        assert stat.S_IMODE((data / "deep").stat().st_mode) == 0o700


@unix_only
def test_a_data_directory_that_everybody_may_write_to_is_refused(data: Path) -> None:
    data.mkdir()
    data.chmod(0o777)
    with pytest.raises(ConfigError, match="chmod 700"):
        prepare(Config(data=data))


@unix_only
def test_somebody_elses_data_directory_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: data.stat().st_uid + 1)
    with pytest.raises(ConfigError, match="another user"):
        prepare(Config(data=data))


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        prepare(Config(data=tmp_path / "file" / "data"))


def test_a_proxy_without_trusted_proxy_is_warned_of() -> None:
    assert list_warnings(Config()) == []
    assert "--trusted-proxy" in list_warnings(Config(url="https://chat.example.org"))[0]
