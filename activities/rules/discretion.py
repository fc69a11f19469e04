"""What must not be written down: how secrets of ours and mail addresses are spelled.

A net under the rule that neither reaches a logger: people put both where they do not belong, such
as into the path of a request.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

# Each begins only where a word begins, so that no text takes longer than its length.
_HUSH = re.compile(
    r"(?<![A-Za-z0-9])[a-z]{3}_[A-Za-z0-9_-]{43,}"  # credentials.spell
    r"|(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{32,}"  # signatures.new_secret
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"  # a JWT (RFC 7519)
    r"|(?<![\w.+-])[\w.+-]{1,64}(?:@|%40)(?:[\w-]+\.)+[^\W\d_][\w-]+"
)


def discreet(text: str) -> str:
    """The text with `HIDDEN` in place of each credential, webhook secret, JWT and mail address."""
    return _HUSH.sub(HIDDEN, text)
