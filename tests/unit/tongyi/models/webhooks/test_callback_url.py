"""Where webhooks may be sent to, against whoever would have them sent to the gateway's own network."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.webhooks.callback_url import MOST_CHARACTERS, TAKES, CallbackRules

STRICT = CallbackRules()
GOOD = [
    "https://shop.example/hooks",
    "https://shop.example",
    "HTTPS://Shop.Example:8443/hooks?key=a%20b&x=[1]",
    "https://shop.example./hooks",
    "https://xn--fiqs8s.example/",
    "https://a-b_c.example/",
    "https://8.8.8.8/hooks",
    "https://134744072/",
    "https://[2606:4700:4700::1111]/hooks",
    "https://1.example/",
    "https://localhost.example/",
    "https://hooks/",
]
NO_URLS = [
    "",
    " ",
    "shop.example/hooks",
    "//shop.example/hooks",
    "/hooks",
    "https:shop.example",
    "https:/shop.example",
    "https://",
    "https:///hooks",
    "https://:443/hooks",
    "https://?x",
    "http://shop.example/hooks",
    "ftp://shop.example/hooks",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://ann@shop.example/",
    "https://ann:secret@shop.example/",
    "https://@shop.example/",
    "https://shop.example@127.0.0.1/",
    "https://shop.example/#part",
    "https://shop.example/#",
    "https://shop.example:0/",
    "https://shop.example:65536/",
    "https://shop.example:99999999999/",
    "https://shop.example:/",
    "https://shop.example:+443/",
    "https://shop.example:x/",
    "https://shop example/",
    "https://shop.example/a b",
    "https://shop.example/\n",
    "\thttps://shop.example/",
    "https://shop.example\\@127.0.0.1/",
    "https://shop.example\r\nHost: 127.0.0.1/",
    "https://店铺.example/",
    "https://shop.example/店铺",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://shop..example/",
    "https://.shop.example/",
    "https://-shop.example/",
    "https://shop.example,other.example/",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 127}example/",
    "https://[::1",
    "https://::1]/",
    "https://[2606:4700:4700::1111]evil/",
    "https://evil[2606:4700:4700::1111]/",
    "https://[2606:4700:4700::1111]@evil/",
    "https://[not an address]/",
    "https://[8.8.8.8]/",
    "https://[2606:4700:4700::1111%25eth0]/",
]
PRIVATE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "sub.localhost",
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "0x",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.168.257",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "240.0.0.1",
    "256.0.0.1",
    "1.2.3.4.5",
    "1.2.3.256",
    "4294967296",
    "09.0.0.1",
    "1.2.3.0x1g.0",
    "0x7f.1.1.1.1",
    "a.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:a00:1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[2001:db8::1]",
    "[100::1]",
]


def _refused(rules: CallbackRules, url: str) -> bool:
    """Whether the link is refused, with the one sentence that there is for it."""
    said = None
    try:
        rules.check(url)
    except InvalidParameter as error:
        said = error.message
    assert said in (None, TAKES)
    return said is not None


@pytest.mark.parametrize("url", GOOD)
def test_callback_url_takes(url: str) -> None:
    STRICT.check(url)
    assert STRICT.vouches_for(url) is False


@pytest.mark.parametrize("url", NO_URLS)
def test_callback_url_refuses(url: str) -> None:
    assert _refused(STRICT, url)


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("rest", ["", ":8443/hooks"])
def test_callback_url_refuses_a_host_that_is_not_public(host: str, rest: str) -> None:
    assert _refused(STRICT, f"https://{host}{rest}")


@given(
    st.ip_addresses(v=4),
    st.sampled_from(["{a}.{b}.{c}.{d}", "{n}", "{n:#x}", "0{n:o}", "{a}.{bcd}", "{a:#x}.0{b:o}.{cd}"]),
)
def test_callback_url_sees_through_every_spelling_of_ipv4(address: ipaddress.IPv4Address, form: str) -> None:
    a, b, c, d = address.packed
    parts = {"a": a, "b": b, "c": c, "d": d, "n": int(address), "cd": c << 8 | d, "bcd": b << 16 | c << 8 | d}
    public = address.is_global and not address.is_multicast
    assert _refused(STRICT, f"https://{form.format(**parts)}/") is not public


@given(st.ip_addresses(v=6))
def test_callback_url_takes_no_ipv6_that_is_not_given_out(address: ipaddress.IPv6Address) -> None:
    taken = not _refused(STRICT, f"https://[{address}]/")
    assert not taken or (address.is_global and address in ipaddress.ip_network("2000::/3"))
    assert not (taken and address.sixtofour)


@given(st.text(max_size=60))
def test_callback_url_refuses_anything_in_words_of_its_own(text: str) -> None:
    for url in (text, f"https://{text}", f"https://shop.example/{text}"):
        _refused(STRICT, url)
        _refused(CallbackRules(("http://127.0.0.1",)), url)


def test_callback_url_may_be_so_long() -> None:
    longest = "https://shop.example/".ljust(MOST_CHARACTERS, "a")
    STRICT.check(longest)
    assert _refused(STRICT, longest + "a")


@pytest.mark.parametrize(
    ("origin", "url", "taken"),
    [
        ("http://127.0.0.1", "http://127.0.0.1/hooks", True),
        ("http://127.0.0.1", "http://127.0.0.1:8080/hooks", True),
        ("http://127.0.0.1", "https://127.0.0.1/hooks", False),
        ("http://127.0.0.1", "http://127.1/hooks", False),
        ("http://127.0.0.1", "http://127.0.0.1.shop.example/", False),
        ("http://127.0.0.1", "http://ann@127.0.0.1/", False),
        ("http://127.0.0.1", "http://127.0.0.1/#part", False),
        ("http://127.0.0.1", "http://127.0.0.1@shop.example/", False),
        ("http://127.0.0.1:80", "http://127.0.0.1/", True),
        ("http://127.0.0.1:80", "http://127.0.0.1:81/", False),
        ("https://hooks.internal:443", "https://hooks.internal/", True),
        ("https://10.0.0.5:8443", "https://10.0.0.5:8443/x", True),
        ("https://10.0.0.5:8443", "https://10.0.0.5/x", False),
        ("https://10.0.0.5:8443", "https://10.0.0.6:8443/x", False),
        ("http://Hooks.Internal", "HTTP://hooks.INTERNAL/x", True),
        ("http://[::1]", "http://[::1]:8080/x", True),
        ("http://localhost", "http://localhost:9/x", True),
    ],
)
def test_callback_url_may_be_of_an_origin_that_the_operator_vouches_for(
    origin: str, url: str, taken: bool
) -> None:
    rules = CallbackRules((origin,))
    assert _refused(rules, url) is not taken
    if taken:
        assert rules.vouches_for(url)


def test_callback_url_of_another_origin_is_held_to_the_rules() -> None:
    rules = CallbackRules(("http://127.0.0.1",))
    rules.check("https://shop.example/")
    assert rules.vouches_for("https://shop.example/") is False
    assert _refused(rules, "https://10.0.0.1/")
