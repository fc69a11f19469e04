"""Which addresses and URLs no request is sent to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from activities.rules.targets import Target, TargetRefused, denied_address, parse_target
from tests.builders.refused_targets import REFUSED_ADDRESSES, REFUSED_URLS

PUBLIC_ADDRESSES = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450::1",
    "2003::1",
]


def strictly(url: str) -> Target:
    return parse_target(url, allow_http=False, allow_private=False)


def reason(url: str, *, allow_http: bool = False, allow_private: bool = False) -> str:
    with pytest.raises(TargetRefused) as caught:
        parse_target(url, allow_http=allow_http, allow_private=allow_private)
    assert caught.value.advice.endswith(".")
    return caught.value.reason


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_address_that_is_not_public_is_denied(address: str) -> None:
    assert denied_address(address)
    host = f"[{address}]" if ":" in address else address
    assert reason(f"https://{host}/") == "not_public"


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_let_through(address: str) -> None:
    assert not denied_address(address)
    host = f"[{address}]" if ":" in address else address
    assert strictly(f"https://{host}/").address == address


@pytest.mark.parametrize(
    "text", ["", "example.com", "127.1", "0x7f.1", "2606::1%eth0", "[::1]", "08.8.8.8", " 8.8.8.8"]
)
def test_what_is_not_an_address_is_denied(text: str) -> None:
    assert denied_address(text)
    assert denied_address(text, allow_private=True)


@given(st.ip_addresses(v=4))
def test_nothing_that_embeds_an_ipv4_address_is_let_through(inner: ipaddress.IPv4Address) -> None:
    bits = int(inner)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | bits)
    nat64 = ipaddress.IPv6Address((0x64FF9B << 96) | bits)
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) | (bits << 80))
    teredo = ipaddress.IPv6Address((0x20010000 << 96) | (bits ^ 0xFFFFFFFF))
    for address in (mapped, nat64, six_to_four, teredo):
        assert denied_address(str(address))


@given(st.ip_addresses())
def test_an_address_let_through_is_global_unicast(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not denied_address(str(address)):
        flags = ("private", "loopback", "link_local", "multicast", "reserved", "unspecified")
        assert not [flag for flag in flags if getattr(address, f"is_{flag}")]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_of_the_list_is_refused_also_where_http_is_allowed(url: str) -> None:
    reason(url)
    reason(url, allow_http=True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com/", "not_https"),
        ("javascript:alert(1)", "scheme"),
        ("example.com/hooks", "scheme"),
        ("", "scheme"),
        ("https:///hooks", "no_host"),
        ("https://:443/", "no_host"),
        ("https://@example.com/", "credentials"),
        ("https://example.com@10.0.0.1/", "credentials"),
        ("https://example.com:0/", "port"),
        ("https://example.com:1023/", "port"),
        ("https://example.com:65536/", "port"),
        ("https://example.com:https/", "port"),
        ("https://example.com:８４４３/", "port"),
        ("https://localhost:8443/", "not_public"),
        ("https://LOCALHOST/", "not_public"),
        ("https://intranet/", "not_public"),
        ("https://printer.local/", "not_public"),
        ("https://router.home.arpa./", "not_public"),
        ("https://127.0.0.1./", "malformed"),
        ("https://0x7f.0.0.1/", "malformed"),
        ("https://a.b.0x/", "malformed"),
        ("https://1.2.3.4.5/", "malformed"),
        ("https://256.1.1.1/", "malformed"),
        ("https://017700000001/", "malformed"),
        ("https://１２７.0.0.1/", "malformed"),
        ("https://127。0。0。1/", "malformed"),
        ("https://ⓛocalhost/", "not_public"),
        ("https://%6c%6f%63alhost/", "malformed"),
        ("https://example..com/", "malformed"),
        ("https://example.com../", "malformed"),
        ("https://-example.com/", "malformed"),
        ("https://exam ple.com/", "malformed"),
        ("https://example.com/a\r\nHost: x", "malformed"),
        ("https://example.com\t/", "malformed"),
        (" https://example.com/", "malformed"),
        ("https://example.com\\@10.0.0.1/", "malformed"),
        ("https://exa\u00admple.com/", "malformed"),
        ("https://a\u2028b.example.com/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://[v1.x]/", "malformed"),
        ("https://[2606:4700::1%25eth0]/", "malformed"),
        ("https://[2606:4700::1]x/", "malformed"),
        ("https://" + "a" * 64 + ".com/", "malformed"),
        ("https://" + ("a" * 63 + ".") * 4 + "com/", "malformed"),
        ("https://example.com/\ud800", "malformed"),
        ("https://example.com/" + "a" * 2029, "too_long"),
    ],
)
def test_every_other_refusal_has_its_reason(url: str, expected: str) -> None:
    assert reason(url) == expected


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM.:443/Hooks?a=1&b[]=2#part", "https://example.com/Hooks?a=1&b[]=2"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("https://example.com:1024/", "https://example.com:1024/"),
        ("https://example.com:/x", "https://example.com/x"),
        ("https://example.com?q=ü%20", "https://example.com/?q=%C3%BC%20"),
        ("https://my_app.example.com/a/../b", "https://my_app.example.com/a/../b"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
        ("https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/"),
        ("https://[2606:4700:0::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://0x7f.example.com/", "https://0x7f.example.com/"),
    ],
)
def test_an_accepted_url_is_canonical(url: str, canonical: str) -> None:
    target = strictly(url)
    assert target.url == canonical
    assert strictly(target.url) == target


def test_the_longest_url_is_accepted() -> None:
    url = "https://example.com/" + "a" * 2028
    assert len(url) == 2048
    assert strictly(url).url == url


def test_http_goes_to_port_80_where_it_is_allowed() -> None:
    target = parse_target("http://example.com/", allow_http=True, allow_private=False)
    assert (target.port, target.url) == (80, "http://example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/",
        "http://127.0.0.1:8080/",
        "http://[::1]:8080/",
        "http://10.1.2.3/",
        "http://receiver:9000/hooks",
        "http://inbox.internal/",
    ],
)
def test_private_hosts_are_let_through_where_a_setting_allows_it(url: str) -> None:
    assert parse_target(url, allow_http=True, allow_private=True).url == url
    assert reason(url, allow_http=True) == "not_public"
    assert reason(url, allow_private=True) == "not_https"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "fe80::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:127.0.0.1",
    ],
)
def test_metadata_and_link_local_addresses_stay_denied_where_private_ones_are_allowed(
    address: str,
) -> None:
    assert denied_address(address, allow_private=True)


@pytest.mark.parametrize("url", ["https://127.1/", "https://2130706433/", "https://0x7f000001/"])
def test_odd_spellings_stay_refused_where_private_hosts_are_allowed(url: str) -> None:
    assert reason(url, allow_private=True) == "malformed"


@given(st.text(max_size=40), st.booleans())
def test_every_text_is_either_refused_or_read_alike_by_another_parser(
    text: str, allow_private: bool
) -> None:
    try:
        target = parse_target(f"https://{text}", allow_http=False, allow_private=allow_private)
    except TargetRefused:
        return
    other = URL(target.url, encoded=True)
    assert (other.raw_host, other.port, other.raw_path_qs) == (
        target.host,
        target.port,
        target.path_qs,
    )
    assert target.url.isascii()
