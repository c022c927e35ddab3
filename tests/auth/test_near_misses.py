"""Good tokens that were altered in one place."""

import base64

import jwt
import pytest

from qaws.auth.near_misses import NEAR_MISSES, RECIPES, altered
from qaws.auth.tokens import Tokens
from qaws.sut.sections import Auth
from qaws.verdict import Broken, NotVerified

OPAQUE = "qk_Zx09-AbCdEf"


def test_each_row_has_a_recipe():
    assert set(NEAR_MISSES.rows) == set(RECIPES)


@pytest.mark.parametrize("how", RECIPES)
@pytest.mark.parametrize("token", [OPAQUE, "0123456789abcdef", "~~~~"])
def test_what_was_altered_is_another_token(how, token):
    if how.startswith("capitals") and token != OPAQUE:
        with pytest.raises(NotVerified, match=r"is the same with|hexadecimal digits only"):
            altered(token, how)
        return
    found = altered(token, how)
    assert found != token
    assert abs(len(found) - len(token)) <= 1 or how.startswith("nothing")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("how", RECIPES)
def test_no_lenient_decoder_takes_it_for_the_token_itself(tmp_path, algorithm, how):
    tokens = Tokens(Auth(generate_key=True, algorithm=algorithm), tmp_path)
    for _ in range(5):
        token = tokens.mint()
        found = altered(token, how)
        with pytest.raises((jwt.PyJWTError, ValueError)):
            jwt.decode(found, tokens.key.public_key(), [algorithm], options={"verify_aud": False})
        if how == "another last character":
            last = [base64.urlsafe_b64decode(each.split(".")[2] + "==") for each in (token, found)]
            assert last[0] != last[1]


@pytest.mark.parametrize("token", ["0f3a-99", "0F3A", "1234"])
def test_either_case_may_be_meant_of_digits(token):
    with pytest.raises(NotVerified):
        altered(token, "capitals and small letters exchanged")
    other = altered(token, "another last character")
    assert set(other.casefold()) <= set("0123456789abcdef-")


def test_what_is_misspelt_is_named():
    with pytest.raises(Broken, match='no altered token "another frist character"; did you mean'):
        altered(OPAQUE, "another frist character")
