"""What a content is refused for."""

from typing import Any

import pytest

from activities.rules.errors import InvalidFields
from activities.rules.payloads.contents import ContentType, normalised


def refused(type: ContentType, fields: Any) -> dict[str, str]:
    """The first sentence of each refused field; every sentence ends as one."""
    with pytest.raises(InvalidFields) as caught:
        normalised(type, fields)
    for sentences in caught.value.fields.values():
        assert all(sentence.endswith(".") for sentence in sentences)
    return {name: sentences[0] for name, sentences in caught.value.fields.items()}
