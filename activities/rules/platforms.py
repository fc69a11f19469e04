"""Operating systems as people speak of them, from the families that ua-parser tells."""

from __future__ import annotations

PLATFORMS = ("iOS", "Android", "Windows", "macOS", "Linux", "Chrome OS")

_FAMILIES = {
    **{name.lower(): name for name in PLATFORMS},
    **dict.fromkeys(("ipados", "iphone os"), "iOS"),
    **dict.fromkeys(("mac os x", "mac os", "os x"), "macOS"),
    **dict.fromkeys(("chromeos", "chromium os"), "Chrome OS"),
    **dict.fromkeys(
        (
            *("ubuntu", "kubuntu", "fedora", "debian", "arch linux", "centos", "red hat"),
            *("suse", "opensuse", "gentoo", "slackware", "mandriva", "mageia", "pclinuxos"),
            *("linux mint", "gnu/linux"),
        ),
        "Linux",
    ),
}


def platform(family: str | None) -> str | None:
    """One of `PLATFORMS`, whatever the case; None for another system.

    A distribution of Linux is Linux; Chrome OS is not, for it runs neither its packages nor its
    shops. Windows Phone is not Windows.
    """
    return _FAMILIES.get(family.lower()) if family else None
