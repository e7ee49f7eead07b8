"""`ref_img`: a link that anyone on the internet can open, or one to an upload, and nothing else."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.addresses import is_public
from tongyi.models.images.bodies import parse_image_request
from tongyi.models.images.reference_image import reference_link, upload_directory

PRIVATE_ZONES = ("localhost", "local", "internal", "home.arpa", "lan", "test", "invalid")


def _refused(url: str) -> bool:
    try:
        sent = parse_image_request({"prompt": "a", "ref_img": url}).input
    except InvalidParameter as error:
        return error.message.startswith("ref_img: ")
    assert sent["ref_img"] == url
    return False


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/cat.png",
        "http://example.com",
        "https://example.com:8443/a/b?c=d&e=%E7%8C%AB#f",
        "https://EXAMPLE.com/cat.png",
        "https://sub-domain.example.co.uk/",
        "https://xn--fsqu00a.com/cat.png",
        "https://xn--fsqu00a.xn--fiqs8s/cat.png",
        "https://8.8.8.8/cat.png",
        "https://[2001:4860:4860::8888]/cat.png",
        "https://example.com./cat.png",
    ],
)
def test_ref_img_takes_a_public_link(url: str) -> None:
    assert not _refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "cat.png",
        "//example.com/cat.png",
        "ftp://example.com/cat.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "https://",
        "https:///cat.png",
        "http://[::1/cat.png",
        "http://example.com:port/",
        "http://example.com:99999/",
    ],
)
def test_ref_img_refuses_what_is_no_http_link(url: str) -> None:
    assert _refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/猫.png",
        "https://例子.com/",
        "https://example.com/a b.png",
        "https://example.com/a.png#猫",
        "https://example.com/a.png#a b",
    ],
)
def test_ref_img_refuses_chinese_characters_and_blanks(url: str) -> None:
    assert _refused(url)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_ref_img_refuses_a_private_address(host: str) -> None:
    assert _refused(f"http://{host}/cat.png")


@pytest.mark.parametrize("host", ["0x7f.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "127.0.0.1."])
def test_ref_img_refuses_an_address_in_disguise(host: str) -> None:
    assert _refused(f"http://{host}/cat.png")


@pytest.mark.parametrize("zone", PRIVATE_ZONES)
def test_ref_img_refuses_a_private_zone(zone: str) -> None:
    assert _refused(f"http://printer.{zone}/cat.png")


@pytest.mark.parametrize("zone", PRIVATE_ZONES)
def test_ref_img_refuses_a_private_zone_with_a_dot_at_its_end(zone: str) -> None:
    assert _refused(f"http://printer.{zone}./cat.png")


@pytest.mark.parametrize("host", ["intranet", "a..com", ".com", "com.", ".", "example.c0m"])
def test_ref_img_refuses_a_name_that_is_no_public_one(host: str) -> None:
    assert _refused(f"http://{host}/cat.png")


# Links that webhooks are not sent to either, and why.
LAX = {
    "a private host behind a public user": "http://example.com@127.0.0.1/cat.png",
    "a user": "https://user@example.com/cat.png",
    "a user and a password": "https://user:secret@example.com/cat.png",
    "many receivers": "http://224.0.0.1/cat.png",
    "many receivers (IPv6)": "http://[ff0e::1]/cat.png",
    "an IPv4 address within one of IPv6": "http://[::ffff:8.8.8.8]/cat.png",
    "6to4": "http://[2002:7f00:1::1]/cat.png",
    "Teredo": "http://[2001:0:1::1]/cat.png",
    "translated": "http://[64:ff9b::7f00:1]/cat.png",
    "a backslash": "https://example.com\\@127.0.0.1/cat.png",
    "no port 0": "https://example.com:0/cat.png",
}


def test_ref_img_is_checked_as_strictly_as_a_callback_url() -> None:
    assert [why for why, url in LAX.items() if not _refused(url)] == []


@given(st.ip_addresses())
def test_ref_img_takes_addresses_that_are_public_only(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert _refused(f"http://{host}/") is not is_public(address)


@pytest.mark.parametrize(
    ("link", "directory"),
    [
        ("oss://dashscope-instant/ab12/2026-01-15/f00d/cat.png", "dashscope-instant/ab12/2026-01-15/f00d"),
        ("oss://bucket/cat.png", "bucket"),
        ("oss://a.b_c-d/e/cat", "a.b_c-d/e"),
        ("oss://bucket/dir/我的 猫?#%.png", "bucket/dir"),
        (f"oss://{'d' * 512}/{'猫' * 255}", "d" * 512),
    ],
)
def test_upload_lies_in_its_directory(link: str, directory: str) -> None:
    assert (upload_directory(link), reference_link(link)) == (directory, link)


@pytest.mark.parametrize(
    "link",
    [
        "oss://",
        "oss://bucket",
        "oss://bucket/",
        "oss:///cat.png",
        "oss:/bucket/cat.png",
        "OSS://bucket/cat.png",
        " oss://bucket/cat.png",
        "oss://bucket/dir/cat\n.png",
        "oss://bucket/cat.png\n",
        "oss://bucket/di r/cat.png",
        "oss://bucket/%2e%2e/cat.png",
        "oss://user@bucket/cat.png",
        "xoss://bucket/cat.png",
        "oss://桶/cat.png",
        f"oss://{'d' * 513}/cat.png",
        f"oss://bucket/{'c' * 256}",
    ],
)
def test_upload_has_a_directory_and_a_name(link: str) -> None:
    assert upload_directory(link) is None
    assert _refused(link)


@pytest.mark.parametrize(
    "link", ["https://example.com/cat.png", "http://oss://bucket/cat.png", "", "cat.png"]
)
def test_link_of_another_kind_lies_in_no_directory(link: str) -> None:
    assert upload_directory(link) is None


@given(st.text())
def test_upload_names_its_directory_and_its_file_and_nothing_else(name: str) -> None:
    link = f"oss://bucket/dir/{name}"
    directory = upload_directory(link)
    assert directory is None or link == f"oss://{directory}/{link.rpartition('/')[2]}"


@pytest.mark.parametrize("letter", ["a", "目"])
def test_upload_of_a_directory_that_no_key_of_the_table_can_hold_is_refused(letter: str) -> None:
    """DynamoDB's keys have 2048 bytes at the most, and OSS's names 1023."""
    assert _refused(f"oss://{letter * 2048}/cat.png")
