"""What tags and folders are called."""

from __future__ import annotations

from collections.abc import Sequence

from activities.rules.errors import InvalidFields
from activities.rules.visible import bare, hidden_sign, one_line

LONGEST_TAG = 50
MOST_TAGS = 30
LONGEST_FOLDER = 100


def normalised_tags(names: Sequence[str]) -> tuple[str, ...]:
    """The tags of one asset: trimmed, white space single, each once whatever its case.

    Of equal ones the first spelling and place stay. Raises `InvalidFields` on `tags`, a sentence
    for each fault.
    """
    tags: dict[str, str] = {}
    wrong: list[str] = []
    for name in names:
        tag = one_line(name)
        if (refusal := tag_refusal(tag)) and refusal not in wrong:
            wrong.append(refusal)
        tags.setdefault(tag_key(tag), tag)
    if len(tags) > MOST_TAGS:
        wrong.append(f"Ensure there are no more than {MOST_TAGS} tags.")
    if wrong:
        raise InvalidFields({"tags": wrong})
    return tuple(tags.values())


def tag_key(name: str) -> str:
    """What two names of the same tag have in common: 'Summer  Sale' and 'summer sale' are one."""
    return bare(one_line(name))


def tag_refusal(name: str) -> str | None:
    """Why no tag may be called this; None when one may. Outer and double spaces do not count."""
    tag = one_line(name)
    if not tag:
        return "Give each tag a name."
    if len(tag) > LONGEST_TAG:
        return f"Ensure each tag has no more than {LONGEST_TAG} characters."
    if hidden_sign(tag):
        return "Remove characters that cannot be seen from the tags."
    return None


def folder_refusal(name: str) -> str | None:
    """Why no folder may be called this; None when one may.

    Folders become folders of archives, so a name is never a path.
    """
    if not name.strip():
        return "Give the folder a name."
    if len(name) > LONGEST_FOLDER:
        return f"Ensure this name has no more than {LONGEST_FOLDER} characters."
    if hidden_sign(name):
        return "Write the name in one line, without characters that cannot be seen."
    if "/" in name or "\\" in name or name.strip() in (".", ".."):
        return "Write the name without slashes, and not as a path."
    return None
