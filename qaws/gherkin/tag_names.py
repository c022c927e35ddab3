"""Which tags an expression names; without behave, which is ten times as large as a job that waits.

behave takes "@a,@b" for one tag of that name as soon as "not", "and" or "or" stands in any of the
expressions (1.3.3).
"""

from __future__ import annotations

import re

from cucumber_tag_expressions import TagExpressionError, parse

from qaws.verdict import Broken

OPERATORS = ("not", "and", "or", "(", ")")
TOKEN = re.compile(r"[()]|[^\s()]+")


def tags_in(expression: str) -> list[str]:
    """Return the tags that a tag expression names, without @.

    Raises:
        Broken: it joins tags by a comma, or by nothing; or it is none.
    """
    said = f'--tags="{expression}"'
    if "," in expression:
        joined = " or ".join(part.strip() for part in expression.split(","))
        raise Broken(f'{said}: write "{joined}"; a comma does not always join tags')
    names: list[str] = []
    apart = True
    for word in TOKEN.findall(expression):
        if word in OPERATORS:
            apart = True
            continue
        tags = word.lstrip("~-@").split("@")
        if not apart or len(tags) > 1:
            joined = " or ".join(f"@{tag}" for tag in ([] if apart else names[-1:]) + tags)
            raise Broken(f'{said}: two tags in one string; write "{joined}", or "and"')
        names += tags
        apart = False
    try:
        parse(expression)
    except TagExpressionError as problem:
        why = str(problem).splitlines()[0].partition(" (expressions")[0]
        raise Broken(f"{said}: is no tag expression ({why})") from None
    return names
