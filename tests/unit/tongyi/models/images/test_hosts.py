"""The allow-list of picture hosts: compared whole, https only, and no way around it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from tongyi.errors import PictureRefused
from tongyi.models.images.hosts import PictureHosts

HOST = "dashscope-result-bj.oss-cn-beijing.aliyuncs.com"
ORIGIN = "http://127.0.0.1:9000"
HOSTS = PictureHosts((HOST, ORIGIN))

NAMES = [HOST, HOST.upper(), "127.0.0.1", "127.0.0.1:9000", "evil.example", "localhost", "a", "x.png"]
MARKS = [*".:@/\\#?[]\t\n é", "//", "%40", "%2e", ":443", ":80", ":9000", ":8080"]
PART = st.sampled_from(NAMES + MARKS)
SCHEME = st.sampled_from(
    ["https://", "http://", "HTTPS://", "ftp://", "//", "https:", "https:/", "file://", ""]
)
URLS = st.builds(lambda scheme, parts: scheme + "".join(parts), SCHEME, st.lists(PART, max_size=6))


def _refused(url: str, hosts: PictureHosts = HOSTS) -> bool:
    try:
        hosts.admit(url)
    except PictureRefused:
        return True
    return False


@given(URLS | st.text())
@example(f"https://{HOST}@evil.example/a.png")
@example(f"https://{HOST}\\@evil.example/a.png")
@example(f"{ORIGIN}\\@evil.example/a.png")
@example(f"https://evil.example\\@{HOST}/a.png")
@example(f"https://{HOST}:443@evil.example/")
@example("http://[::1")
def test_admit_never_lets_another_host_through(url: str) -> None:
    """Judged by the parser that opens the connection, which is not the one that checks."""
    if _refused(url):
        return
    try:
        parsed = parse_url(HOSTS.admit(url))
    except LocationParseError:
        return
    found = (parsed.scheme, parsed.host, parsed.port or {"https": 443}.get(parsed.scheme or ""))
    assert found in {("https", HOST, 443), ("http", "127.0.0.1", 9000)}


@given(URLS | st.text())
def test_admit_leaves_its_own_links_alone(url: str) -> None:
    if not _refused(url):
        assert HOSTS.admit(HOSTS.admit(url)) == HOSTS.admit(url)


def test_admit_takes_a_listed_host_as_it_is() -> None:
    url = f"https://{HOST}/1/a.png?Expires=1&Signature=a%2Bb"
    assert HOSTS.admit(url) == url


@pytest.mark.parametrize("origin", [f"http://{HOST}", f"http://{HOST}:80", f"https://{HOST}:443"])
def test_admit_upgrades_to_https(origin: str) -> None:
    assert HOSTS.admit(f"{origin}/1/a.png?Expires=1") == f"https://{HOST}/1/a.png?Expires=1"


def test_admit_reads_host_names_in_any_case() -> None:
    assert HOSTS.admit(f"https://{HOST.upper()}/a.png") == f"https://{HOST}/a.png"


def test_admit_drops_the_fragment() -> None:
    assert HOSTS.admit(f"https://{HOST}/a.png#b") == f"https://{HOST}/a.png"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil-{HOST}",
        f"evil.{HOST}",
        f"{HOST}.evil.example",
        HOST.removeprefix("dashscope-"),
        "oss-cn-beijing.aliyuncs.com",
        f"{HOST}.",
        "",
    ],
)
def test_admit_compares_names_whole(host: str) -> None:
    assert _refused(f"https://{host}/a.png")


@pytest.mark.parametrize("port", [8443, 22, 0])
def test_admit_refuses_other_ports(port: int) -> None:
    assert _refused(f"https://{HOST}:{port}/a.png")


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "data", "s3"])
def test_admit_refuses_other_schemes(scheme: str) -> None:
    assert _refused(f"{scheme}://{HOST}/a.png")


@pytest.mark.parametrize("user", ["user", "user:password", ":password", ""])
def test_admit_refuses_credentials(user: str) -> None:
    assert _refused(f"https://{user}@{HOST}/a.png")


@pytest.mark.parametrize(
    "url", ["https://[::1/a.png", f"https://{HOST}:port/a.png", f"https://{HOST}:99999/"]
)
def test_admit_refuses_what_is_no_link(url: str) -> None:
    assert _refused(url)


def test_admit_takes_an_explicit_origin_as_it_is() -> None:
    assert HOSTS.admit(f"{ORIGIN}/a.png?b=c") == f"{ORIGIN}/a.png?b=c"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/a", "http://127.0.0.1:9001/a", "https://127.0.0.1:9000/a", "http://localhost:9000/a"],
)
def test_admit_takes_an_explicit_origin_for_no_other(url: str) -> None:
    assert _refused(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/a", "http://10.0.0.1/a", "http://localhost/a"])
def test_admit_refuses_private_addresses_that_nobody_listed(url: str) -> None:
    assert _refused(url, PictureHosts((HOST,)))


def test_admit_refuses_everything_when_nothing_is_listed() -> None:
    assert _refused(f"https://{HOST}/a.png", PictureHosts(()))


def test_admit_names_the_host_that_it_refuses() -> None:
    with pytest.raises(PictureRefused, match=r"'evil\.example' is not in the list"):
        HOSTS.admit("https://evil.example/a.png?secret")


def test_is_explicit_knows_the_origins_that_were_named() -> None:
    assert HOSTS.is_explicit(f"{ORIGIN}/a.png")


def test_is_explicit_does_not_vouch_for_hosts() -> None:
    assert not HOSTS.is_explicit(f"https://{HOST}/a.png")
