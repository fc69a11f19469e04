"""Which addresses a code may lead to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from activities.rules.destinations import IN_CIRCLES, host_of, leads_home, location, refusal

SCRIPTS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "\njavascript:alert(1)",
    "\x00javascript:alert(1)",
    "\x01\x1fjavascript:alert(1)",
    "java\tscript:alert(1)",
    "java\r\nscript:alert(1)",
    "j\na\nv\na\ns\nc\nr\ni\np\nt\n:alert(1)",
    "javascript\t:alert(1)",
    "\u00a0javascript:alert(1)",
    "\u200bjavascript:alert(1)",
    "java\u00adscript:alert(1)",
    "\ufeffjavascript:alert(1)",
    "\u202ejavascript:alert(1)",
    "\\javascript:alert(1)",
    "java\\script:alert(1)",
    "ｊａｖａｓｃｒｉｐｔ：alert(1)",
    "javascript://example.com/%0aalert(1)",
    "javascript://%0d%0aalert(1)//https://example.com",
    "javascript:https://example.com",
]

OTHERS = {
    "data:text/html,<script>alert(1)</script>": "data",
    "DATA:text/html;base64,PHNjcmlwdD4=": "data",
    " data:,x": "data",
    "d\tata:text/html,x": "data",
    "vbscript:msgbox(1)": "vbscript",
    "VbScRiPt:x": "vbscript",
    "file:///etc/passwd": "file",
    "FILE://host/share": "file",
    "blob:https://example.com/1234": "blob",
    "mailto:hello@example.com": "mailto",
    "\x0bmailto:hello@example.com": "mailto",
    "tel:+4930123456": "tel",
    "sms:+4930123456": "sms",
    "ftp://example.com/a": "ftp",
    "ws://example.com/": "ws",
    "intent://scan/#Intent;scheme=zxing;end": "intent",
    "view-source:https://example.com": "view-source",
    "about:blank": "about",
    "filesystem:https://example.com/temporary/x": "filesystem",
}

NO_WEB_ADDRESS = [
    *("", "/", "//", "//evil.example", "///evil.example", "/\tx", "example.com", "evil.example/x"),
    *("http:", "http:/", "http://", "https:///", "https:evil.example", "https:/evil.example"),
    *("https:///evil.example", "https://?x", "https://#x", "localhost:3000", "example.com:80/x"),
    *("://example.com", ":https://example.com", "java%0ascript:alert(1)", "%6aavascript:alert(1)"),
    *(
        "javascript&colon;alert(1)",
        "jav&#x09;ascript:alert(1)",
        "foo://example.com",
        "h\u2069ttps:",
    ),
    *("hxxps://example.com", "https&colon;//example.com", "https%3A//example.com", "?https://a.b"),
]

EVIL = [
    *SCRIPTS,
    *OTHERS,
    *NO_WEB_ADDRESS,
    *("https://user:pass@example.com", "https://user@example.com", "https://@example.com/"),
    *("https://:@example.com/", "https://example.com@evil.example", "https://a:b@[::1]/"),
    *("https://example.com%40evil.example/", "https://example.com%2eevil.example/"),
    *("https://example.com\\@evil.example/", "https://example.com\\.evil.example", "https:\\\\e.x"),
    *("\\\\evil.example", "/\\evil.example", "https://\\evil.example", "https:/\\evil.example"),
    *("https://example.com/\\..\\x", "https://example.com/?a=\\", "https://example.com/#\\"),
    *(
        " https://example.com",
        "https://example.com ",
        "https://example.com/a b",
        "https://e.x/\x00",
    ),
    *("https://example.com/\r\nSet-Cookie: a=b", "https://example.com/\x85", "https://e.x/\x7f"),
    *("https://example.com/\u2028", "https://example.com/\u2029", "https://example.com/\u00a0"),
    *("https://example.com/\u202egpj.exe", "https://example.com/\u2066x", "https://e.x/\ufeff"),
    *(
        "ht\ttps://example.com",
        "https://exa\nmple.com",
        "https://example.com\t/",
        "https://e\u3000x",
    ),
    *("https://.example.com", "https://example..com", "https://example.com..", "https://."),
    *("https://..", "https://example.com:0/", "https://example.com:65536/", "https://e.x:-1/"),
    *(
        "https://example.com:port/",
        "https://example.com:80:80/",
        "https://e.x:８０/",
        "https://:443/",
    ),
    *(
        "https://[::1",
        "https://[::1]x/",
        "https://::1/",
        "https://[fe80::1%25eth0]/",
        "https://[]/",
    ),
    *("https://[v1.x]/", "https://[example.com]/", "https://exam[ple].com/", "https://[::1]:x/"),
    *("https://256.1.1.1/", "https://1.2.3.4.5/", "https://0x100000000/", "https://127.0.0.08/"),
    *("https://1.2.3.x.0x/", "https://99999999999/", "https://exam<ple.com/", "https://a^b.com/"),
    *('https://exa"mple.com/', "https://exa|mple.com", "https://exa{}mple.com", "https://a`b.com"),
    *("https://exam%00ple.com/", "https://example.com%2f@evil.example", "https://ex*mple.com/"),
    *("https://exa\u00admple.com/", "https://exam\u200bple.com/", "https://example.com\u2044x/"),
    *(
        "https://example.com\uff0fevil.example",
        "https://example.com\uff03@evil.example",
        "https://℀",
    ),
    *(
        "https://" + "a" * 64 + ".com",
        "https://" + ("a" * 63 + ".") * 4 + "com",
        "https://e.x/\ud800",
    ),
    *("https://https://example.com", "http://https://example.com", "https://http://example.com"),
    *("https://" + "ü" * 70 + ".de", "https://example.com/" + "a" * 2029),
]

GOOD = {
    "https://example.com": "example.com",
    "HTTP://Example.COM:8080/x?y=z#a": "example.com",
    "https://example.com./": "example.com",
    "https://example.com:/x": "example.com",
    "https://example.com:65535/x": "example.com",
    "https://example.com/%ff/ü?q=&q": "example.com",
    "https://example.com/?next=javascript:alert(1)": "example.com",
    "https://example.com/?u=https://other.example/@me": "example.com",
    "https://web.archive.org/web/2020/https://example.com/": "web.archive.org",
    "https://medium.example/@name": "medium.example",
    "https://my_shop.example.com/": "my_shop.example.com",
    "https://r3---sn-4g5e.example.com/": "r3---sn-4g5e.example.com",
    "https://exämple.com": "xn--exmple-cua.com",
    "https://straße.example": "xn--strae-oqa.example",
    "https://BÜCHER。example/": "xn--bcher-kva.example",
    "https://xn--bcher-kva.example/": "xn--bcher-kva.example",
    "https://аррӏе.example/": "xn--80ak6aa92e.example",
    "https://i❤\ufe0f.example/": "xn--i-7iq.example",
    "https://example.com/👨\u200d👩\u200d👧": "example.com",
    "https://example.com/می\u200cخواهم": "example.com",
    "http://localhost:3000/": "localhost",
    "http://intranet/menu": "intranet",
    "http://192.168.1.10/": "192.168.1.10",
    "http://127.1/": "127.0.0.1",
    "http://0x7f000001/": "127.0.0.1",
    "http://0177.0.0.1/": "127.0.0.1",
    "http://2130706433/": "127.0.0.1",
    "http://１２７.0.0.1/": "127.0.0.1",
    "http://[::1]:8000/": "::1",
    "http://[2001:DB8:0::1]/": "2001:db8::1",
}

HERE = ("ink.test", "go.acme.example:8443", "127.0.0.1:8000", "[::1]:8000", "bücher.example")

HOME = [
    *(
        "https://ink.test",
        "http://ink.test/",
        "https://ink.test/q/abc1234",
        "https://ink.test/sale",
    ),
    *(
        "HTTPS://INK.TEST/x",
        "https://Ink.Test./x",
        "https://ink.test:443/x",
        "http://ink.test:80/x",
    ),
    *("http://ink.test:443/x", "https://ink.test:/x", "https://ink.test?x", "https://ink.test#x"),
    *(
        "https://ｉｎｋ.test/x",
        "https://ink。test/x",
        "https://ⓘnk.test/x",
        "https://in\u212a.test/x",
    ),
    *("https://user@ink.test/x", "https://go.acme.example:8443/x", "http://127.0.0.1:8000/q/x"),
    *(
        "http://127.1:8000/q/x",
        "http://2130706433:8000/",
        "http://0x7f.0.0.1:8000/",
        "http://[::1]:8000/",
    ),
    *("http://[0:0::0:1]:8000/x", "https://bücher.example/x", "https://BÜCHER.example/x"),
    *("https://xn--bcher-kva.example/x", "https://XN--BCHER-KVA.example./x"),
    *("https://ink.test/p/../q/abc", "https://ink.test/p/%2e%2e/q/abc", "https://ink.test/p/"),
    *("https://ink.test/p//q", "https://ink.test/p/a/b", "https://ink.test/p/a%2f..%2fq"),
    *("https://ink.test/01/09506000134352", "https://ink.test/P/menu"),
]

ELSEWHERE = [
    *("https://example.com/ink.test", "https://ink.test.example/", "https://notink.test/"),
    *("https://www.ink.test/", "https://ink.test:8443/", "https://go.acme.example/"),
    *(
        "http://127.0.0.1/",
        "http://127.0.0.1:8001/",
        "http://127.0.0.2:8000/",
        "http://[::2]:8000/",
    ),
    *(
        "https://ink.test@example.com/",
        "https://example.com/?u=https://ink.test/q/x",
        "https://ınk.test",
    ),
    *(
        "https://ink.test/p/menu",
        "https://ink.test/p/menu/",
        "https://ink.test/p/menu?utm_source=x",
    ),
    *("", "nonsense", "https://", "https://[::1", "https://ink.test:x/", "//"),
]


@pytest.mark.parametrize("url", EVIL)
def test_an_evil_destination_is_refused_in_one_sentence(url: str) -> None:
    sentence = refusal(url)
    assert sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()


@pytest.mark.parametrize("url", SCRIPTS)
def test_a_script_is_named_however_it_is_disguised(url: str) -> None:
    assert refusal(url) == (
        "Only http and https addresses can be redirect destinations, not 'javascript:'."
    )


@pytest.mark.parametrize(("url", "scheme"), OTHERS.items())
def test_an_address_that_is_not_of_the_web_is_named(url: str, scheme: str) -> None:
    assert refusal(url) == (
        f"Only http and https addresses can be redirect destinations, not '{scheme}:'."
    )


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://user:pass@example.com", "user name and password"),
        ("https://example.com\\@evil.example", "Write / instead of \\"),
        ("https://example.com/a b", "Remove spaces"),
        ("https://example.com:0/", "port"),
        ("https://example.com:99999/", "port"),
        ("https://example..com/", "Correct the host"),
        ("https://https://example.com", "only once"),
        ("example.com", "Enter an http or https address"),
        ("https://example.com/" + "a" * 2029, "no more than 2048"),
    ],
)
def test_the_sentence_says_what_to_correct(url: str, part: str) -> None:
    assert part in (refusal(url) or "")


@pytest.mark.parametrize(("url", "host"), GOOD.items())
def test_a_good_destination_passes_and_its_host_is_written_one_way(url: str, host: str) -> None:
    assert refusal(url) is None
    assert host_of(url) == host
    assert host_of(location(url)) == host
    assert location(url).isascii()
    assert refusal(location(url)) is None


@pytest.mark.parametrize("url", ["", "nonsense", "//", "https://", "https://[::1", "https://a..b/"])
def test_what_has_no_host_has_an_empty_one(url: str) -> None:
    assert host_of(url) == ""


@pytest.mark.parametrize("url", HOME)
def test_an_address_of_our_own_leads_in_circles(url: str) -> None:
    assert leads_home(url, HERE) == IN_CIRCLES


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_address_elsewhere_or_of_a_link_page_does_not(url: str) -> None:
    assert leads_home(url, HERE) is None


def test_the_sentence_of_a_circle_says_what_to_enter() -> None:
    assert leads_home("https://ink.test/a", ["ink.test"]) == (
        "This address is one of our own short links, which would lead in circles; "
        "enter the final address."
    )
    assert leads_home("https://ink.test/a", []) is None


def test_a_destination_of_the_older_rules_goes_on_leading_there() -> None:
    printed = "https://exa\u00admple.com/x"
    assert refusal(printed)
    assert location(printed) == "https://example.com/x"


def test_the_port_of_an_international_host_is_kept() -> None:
    assert location("https://exämple.com:8443/ü") == "https://xn--exmple-cua.com:8443/%C3%BC"


@given(st.text(max_size=40))
def test_what_is_accepted_is_read_alike_by_another_parser(text: str) -> None:
    url = f"https://{text}"
    if refusal(url) is None:
        sent = location(url)
        assert URL(sent, encoded=True).raw_host is not None
        assert host_of(str(URL(sent, encoded=True))) == host_of(url)
        assert sent.isascii()
        assert sent.isprintable()


@given(st.text("/\\.:@?#%[]ajvscript \t\n\x00\u202eé0127", max_size=25))
def test_whatever_is_accepted_is_of_the_web(text: str) -> None:
    if refusal(text) is None:
        assert urlsplit(text).scheme in ("http", "https")
