"""Members that come twice with different values: no two clients need to take the same one."""

import pytest

from qaws.protocol.twice import ambiguity


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"p": 0, "p": 100.05}', 'has the member "p" twice, as 0 and as 100.05: which of them'),
        ('[{"g": {"d": "a", "d": null}}]', 'has the member "d" twice, as "a" and as null:'),
        ('{"p": true, "p": 1}', 'has the member "p" twice, as true and as 1:'),
        (f'{{"p": "{"x" * 90}", "p": 1}}', f'as "{"x" * 39}… and as 1:'),
    ],
)
def test_what_differs_is_named(text, told):
    assert told in ambiguity(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"p": 1.50, "q": {"p": 2}}',
        '{"p": 1.50, "p": 1.50}',
        '{"p": 1, "p": 1.0}',
        '[{"p": 1}, {"p": 2}]',
        '{"p": 1}\n{"p": 2}',
        "ping",
        "[" * 100_000,
        '{"p": NaN, "p": NaN',
    ],
)
def test_what_says_one_thing_is_left_alone(text):
    assert ambiguity(text) == ""
