"""Reads messages from stdin, and writes for each whether the file that is given takes it."""

import json
import runpy
import sys

verify = runpy.run_path(sys.argv[1])["verify"]


def taken(secret: str, headers: dict[str, str], body: str, now: int) -> bool:
    """Whether a message is taken; one that makes it raise is not."""
    try:
        return bool(verify(secret, headers, body.encode(), now))
    except ValueError:
        return False


print(json.dumps([taken(**one) for one in json.load(sys.stdin)]))
