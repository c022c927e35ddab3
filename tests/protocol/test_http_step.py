"""What is asked before a connection, and what of the answer goes where."""

import asyncio
import base64
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qaws.protocol.http_answer import Taken
from qaws.protocol.http_step import HttpStep, StepBroken, TurnedAway, passed
from qaws.protocol.signing import Signature
from qaws.verdict import NotVerified

SERVICE = "ws://ticks.example:8080/ws"
TICKET = {"ticket": Taken("member", "data.ticket")}


def step(**given):
    asked = {"file": "mine.toml", "method": "POST", "url": "/ticket", "take": TICKET}
    return HttpStep(**{**asked, "show": "{ticket}", **given})


def ask(step, answer=(200, "OK", [], b'{"data":{"ticket":"t-1"}}'), token="tok", url=SERVICE):
    """Take a step; return what was asked, and what came of it."""
    seen = []

    async def asked(*question):
        seen.append(question)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return seen, asyncio.run(
        passed(step if isinstance(step, list) else [step], asked, url, token, "Alice")
    )


def broken(step, **given):
    with pytest.raises(StepBroken) as caught:
        ask(step, **given)
    said = str(caught.value)
    assert said.startswith("mine.toml: [before_connect] POST /ticket: ")
    assert "\n" not in said
    return said.removeprefix("mine.toml: [before_connect] POST /ticket: ")


def test_a_path_is_one_of_the_service_and_the_ticket_is_shown_in_place_of_the_token():
    (asked,), way = ask(step(headers={"Authorization": "Bearer {token}"}))
    assert asked == (
        *("POST", "http://ticks.example:8080/ticket", {"Authorization": "Bearer tok"}, b"", 10.0),
    )
    assert (way.url, way.headers, way.shown) == (SERVICE, {}, "t-1")


def test_over_tls_the_path_is_asked_over_tls_too():
    (asked,), _ = ask(step(), url="wss://ticks.example/ws")
    assert asked[1] == "https://ticks.example/ticket"


def test_a_body_is_json_with_the_placeholders_inside():
    claims = base64.urlsafe_b64encode(b'{"sub":"ann"}').decode().rstrip("=")
    token = f"x.{claims}.y"
    body = {"key": "{key}", "who": ["{subject}", "{client}"], "token": "{token}", "ttl": 10}
    (asked,), _ = ask(step(body=body, secrets={"key": "s3cret"}), token=token)
    assert json.loads(asked[3]) == {
        "key": "s3cret",
        "who": ["ann", "Alice"],
        "token": token,
        "ttl": 10,
    }
    assert asked[2] == {"Content-Type": "application/json"}


def test_a_form_has_user_and_password_of_a_token_with_a_colon():
    (asked,), _ = ask(step(form={"u": "{user}", "p": "{password}"}), token="ann:a&b:c")
    assert asked[3] == b"u=ann&p=a%26b%3Ac"
    assert asked[2] == {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_value_in_the_address_is_quoted():
    (asked,), _ = ask(step(method="GET", url="/ticket?key={token}&v=1"), token="a b&c")
    assert asked[1] == "http://ticks.example:8080/ticket?key=a%20b%26c&v=1"
    assert asked[3] is None


def test_without_a_token_what_names_it_is_left_out():
    asks = step(
        url="/ticket?key={token}&v=1",
        headers={"Authorization": "Bearer {token}", "X-App": "qa"},
        body={"token": "{token}", "by": {"name": "{subject}", "app": 1}},
    )
    (asked,), _ = ask(asks, token=None)
    assert asked[1].endswith("/ticket?v=1")
    assert asked[2] == {"X-App": "qa", "Content-Type": "application/json"}
    assert json.loads(asked[3]) == {"by": {"app": 1}}


def test_headers_and_cookies_are_taken_and_go_into_headers_of_the_handshake():
    take = {"sid": Taken("cookie", "session"), "kind": Taken("header", "X-Kind")}
    asks = step(
        take=take, show="", connect_headers={"Cookie": "session={sid}", "X-Was": "{kind}, {token}"}
    )
    answer = (200, "OK", [("Set-Cookie", "session=abc; Path=/"), ("x-kind", "7")], b"hello")
    _, way = ask(asks, answer)
    assert (way.url, way.shown) == (SERVICE, None)
    assert way.headers == {"Cookie": "session=abc", "X-Was": "7, tok"}
    assert way.secrets == ["abc", "7"]


def test_the_answer_may_be_the_address_with_what_goes_into_its_query():
    take = {"at": Taken("member", "data.servers[0].endpoint"), "ticket": Taken("member", "token")}
    asks = step(take=take, connect_to="{at}?token={ticket}&id={client}", show="")
    body = {"data": {"servers": [{"endpoint": "wss://ticks.example/x"}]}, "token": "a=="}
    _, way = ask(asks, (200, "OK", [], json.dumps(body).encode()))
    assert way.url == "wss://ticks.example/x?token=a%3D%3D&id=Alice"
    assert way.secrets == ["a=="]


def test_it_leads_to_no_host_that_nobody_has_named():
    asks = {"take": {"at": Taken("member", "at")}, "connect_to": "{at}", "show": ""}
    answer = (200, "OK", [], b'{"at": "wss://eu.push.example/x?secret=1"}')
    said = broken(step(**asks), answer=answer)
    assert "another host than ticks.example" in said
    assert 'hosts = ["eu.push.example"]' in said
    assert "secret" not in said
    _, way = ask(step(**asks, hosts=("*.push.example",)), answer)
    assert way.url == "wss://eu.push.example/x?secret=1"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("https://ticks.example/x", "no ws:// or wss:// address"),
        ("/x", "no ws:// or wss:// address"),
        ("ws://ticks.example/x", "leads from wss:// to ws://ticks.example/x"),
    ],
)
def test_it_leads_to_no_other_kind_of_address(at, said):
    asks = step(take={"at": Taken("member", "at")}, connect_to="{at}", show="")
    answer = (200, "OK", [], json.dumps({"at": at}).encode())
    assert said in broken(asks, answer=answer, url="wss://ticks.example/ws")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", 'take.ticket = member "data.ticket": the answer is not JSON, but 6 bytes'),
        (b'{"data":{},"code":1}', "the answer has no such member; it has data, code"),
        (b"[]", "the answer has no such member; it has a list"),
        (b'{"data":{"ticket":null}}', "the answer has no such member"),
        (b'{"data":{"ticket":{}}}', "has no text or number there; look at take.ticket"),
    ],
)
def test_an_answer_of_the_right_status_that_has_it_not_breaks_the_step(body, said):
    assert said in broken(step(), answer=(200, "OK", [], body))


def test_a_header_or_cookie_that_is_not_there_is_named():
    for where in ("header", "cookie"):
        asks = step(take={"ticket": Taken(where, "sid")})
        assert f'{where} "sid": the answer has no such {where}' in broken(asks)


@pytest.mark.parametrize("status", [401, 403, 302, 500])
def test_any_other_status_turns_the_client_away(status):
    headers = [("Location", "http://elsewhere.example/")]
    _, came = ask(step(), (status, "No", headers, b"why"))
    assert came == TurnedAway(status, "No", headers, b"why")
    assert came.location == "http://elsewhere.example/"


def test_which_status_is_right_is_the_targets_and_no_2xx_turns_anybody_away():
    assert "status = [204]: the answer has 200; if that is right, name it" in broken(
        step(status=(204,))
    )
    assert ask(step(status=(302,)), (302, "Found", [], b'{"data":{"ticket":1}}'))[1].shown == "1"


def test_a_token_that_no_header_can_carry_is_not_verified():
    unsent = ValueError("Invalid header value b'a'"), UnicodeEncodeError("a", "b", 0, 1, "")
    for problem in unsent:
        with pytest.raises(NotVerified, match="no header may have"):
            ask(step(), problem)


def test_secrets_are_in_no_sentence():
    asks = step(url="/ticket?key={key}", secrets={"key": "hunter2hunter2"})
    assert "hunter2" not in broken(asks, answer=(200, "OK", [], b"{}"))
    assert asks.redacted('say "hunter2hunter2" to tok-1234', "tok-1234") == (
        'say "(hidden)" to (hidden)'
    )


def test_a_token_of_whatever_shape_has_no_subject_and_is_asked_about_all_the_same():
    nested = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    for token in ("x", "x.%%%.y", "x.e30.y", f"x.{nested}.y"):
        (asked,), _ = ask(step(headers={"X-Token": "{token}", "X-Who": "{subject}"}), token=token)
        assert asked[2] == {"X-Token": token, "X-Who": ""}


LOGIN = {
    "number": 1,
    "url": "/login?app=qa",
    "headers": {"Authorization": "Bearer {token}"},
    "take": {"access": Taken("member", "data.access")},
}
SECOND = {"number": 2, "headers": {"X-Access": "{access}"}}


class InTurn:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, *answers):
        self.left, self.seen = list(answers), []

    async def __call__(self, *question):
        self.seen.append(question)
        return self.left.pop(0)


def take(steps, asked, token="tok"):
    return asyncio.run(passed(steps, asked, SERVICE, token, "Alice"))


def test_a_later_step_says_what_an_earlier_one_was_given():
    asked = InTurn(
        (200, "OK", [], b'{"data":{"access":"a-1"}}'),
        (200, "OK", [], b'{"data":{"ticket":"t-1"}}'),
    )
    way = take([step(**LOGIN), step(**SECOND)], asked)
    assert asked.seen[1][1:3] == ("http://ticks.example:8080/ticket", {"X-Access": "a-1"})
    assert way.shown == "t-1"
    assert way.taken == {"access": "a-1", "ticket": "t-1"}
    assert way.secrets == ["a-1", "t-1"]


def test_the_step_that_fails_is_named_by_its_place_and_url():
    steps = [step(**LOGIN), step(**SECOND)]
    with pytest.raises(StepBroken) as caught:
        take(steps, InTurn((200, "OK", [], b"{}")))
    said = str(caught.value)
    assert said.startswith("mine.toml: [before_connect] step 1, POST /login: take.access = ")
    asked = InTurn((200, "OK", [], b'{"data":{"access":"a-1"}}'), (200, "OK", [], b"{}"))
    with pytest.raises(StepBroken, match=r"\[before_connect\] step 2, POST /ticket: take.ticket"):
        take(steps, asked)


def test_who_is_turned_away_at_the_first_step_asks_for_nothing_more():
    asked = InTurn((401, "Unauthorized", [], b"no"))
    assert take([step(**LOGIN), step(**SECOND)], asked).status == 401
    assert len(asked.seen) == 1


@pytest.mark.parametrize("body", [b"t-1", b" t-1\r\n", b'"t-1"'])
def test_the_body_itself_may_be_the_ticket(body):
    at = Taken("member", "$") if body.startswith(b'"') else Taken("body")
    assert ask(step(take={"ticket": at}), (200, "OK", [], body))[1].shown == "t-1"


@pytest.mark.parametrize("body", [b"", b" \n", b"<html>\n<body>", b"\xff\xfe", b"x" * 5000])
def test_a_body_that_is_no_line_of_text_is_no_ticket(body):
    said = broken(step(take={"ticket": Taken("body")}), answer=(200, "OK", [], body))
    assert said.startswith("take.ticket = the body: the answer is not one line of text, but ")


def test_a_member_may_be_that_of_the_first_table_that_fits():
    at = Taken("member", "at.url", "data.servers[*]", {"kind": "websocket"})
    servers = [{"kind": "http", "at": {"url": "x"}}, {"kind": "websocket", "at": {"url": "t-2"}}]
    answer = json.dumps({"data": {"servers": servers}}).encode()
    assert ask(step(take={"ticket": at}), (200, "OK", [], answer))[1].shown == "t-2"
    answer = json.dumps({"data": {"servers": servers[:1]}}).encode()
    said = broken(step(take={"ticket": at}), answer=(200, "OK", [], answer))
    assert 'the answer has 1 in "data.servers[*]", of which none fits' in said


@pytest.mark.parametrize(
    ("pattern", "body", "refused"),
    [
        ({"code": {"is_not": 0}}, {"code": 0, "data": {"ticket": "t"}}, False),
        ({"code": {"is_not": 0}}, {"code": 40101, "msg": "no"}, True),
        ({"code": {"is_not": "200000"}}, {"code": "400003"}, True),
        ({"code": {"any": [1, 2]}}, {"code": 2}, True),
        ({"error": {"absent": False}}, {"error": ["EAPI:Invalid key"]}, True),
    ],
)
def test_a_good_status_may_refuse_in_its_body(pattern, body, refused):
    answer = (200, "OK", [], json.dumps(body).encode())
    _, came = ask(step(refused_when=(pattern,)), answer)
    assert isinstance(came, TurnedAway) is refused
    assert not refused or (came.status, came.by_words) == (200, True)


def test_what_refused_when_does_not_name_is_no_refusal_but_a_step_that_does_not_work():
    asks = step(refused_when=({"code": {"any": [40101]}},))
    said = broken(asks, answer=(200, "OK", [], b'{"code": 42900, "msg": "slow down"}'))
    assert "take.ticket" in said
    assert "it has code, msg" in said


def test_a_body_that_is_a_text_may_refuse_too():
    asks = step(take={"ticket": Taken("body")}, refused_when=({"$": {"pattern": "^DENIED"}},))
    assert ask(asks, (200, "OK", [], b"DENIED: no such key"))[1].by_words
    assert ask(asks, (200, "OK", [], b"t-1"))[1].shown == "t-1"


SECRET = {"secret": "hunter2-of-the-desk"}


def hmac_of(text):
    return hmac.digest(SECRET["secret"].encode(), text.encode(), "sha256").hex()


def test_a_request_is_signed_as_it_is_sent_and_the_signature_stands_in_a_header():
    over = "{now_ms}|{method}|{host}|{path}|{query}|{body}"
    asks = step(
        url="/ticket?app=qa%20ws",
        headers={"X-Time": "{now_ms}", "X-Sign": "{signature}"},
        body={"token": "{token}", "at": "{now_ms}"},
        sign={"signature": Signature(over=over, key="{secret}")},
        secrets=SECRET,
    )
    (asked,), way = ask(asks)
    _, _, headers, data, _ = asked
    at = headers["X-Time"]
    assert json.loads(data) == {"token": "tok", "at": int(at)}
    signed = f"{at}|POST|ticks.example:8080|/ticket|app=qa%20ws|{data.decode()}"
    assert headers["X-Sign"] == hmac_of(signed)
    assert headers["X-Sign"] in way.secrets


def test_a_request_may_be_signed_by_a_private_key():
    key = Ed25519PrivateKey.generate()
    asks = step(
        headers={"X-Time": "{now_ms}", "X-Sign": "{signature}"},
        sign={
            "signature": Signature(
                over="{now_ms}{path}", key="{secret}", key_encoding="hex", algorithm="ed25519"
            )
        },
        secrets={"secret": key.private_bytes_raw().hex()},
    )
    (asked,), way = ask(asks)
    _, url, headers, _, _ = asked
    said = f"{headers['X-Time']}{urlsplit(url).path}".encode()
    key.public_key().verify(bytes.fromhex(headers["X-Sign"]), said)
    assert headers["X-Sign"] in way.secrets


def test_a_signature_in_the_query_or_the_body_signs_what_stands_beside_it():
    sign = {"signature": Signature(over="{query}&{body}", key="{secret}")}
    asks = step(
        url="/ticket?key={token}&sig={signature}",
        form={"t": "{expires_s}", "s": "{signature}"},
        sign=sign,
        secrets=SECRET,
    )
    (asked,), _ = ask(asks)
    query, form = parse_qs(asked[1].partition("?")[2]), parse_qs(asked[3].decode())
    assert query["sig"] == form["s"] == [hmac_of(f"key=tok&t={form['t'][0]}")]


def test_without_a_token_what_is_signed_with_it_is_left_out():
    sign = {
        "theirs": Signature(over="{now_s}", key="{password}"),
        "ours": Signature(over="{now_s}", key="{secret}"),
    }
    headers = {"X-Key": "{user}", "X-Sign": "{theirs}", "X-App": "{ours}"}
    (asked,), _ = ask(step(headers=headers, sign=sign, secrets=SECRET), token=None)
    assert [*asked[2]] == ["X-App"]
    (asked,), _ = ask(step(headers=headers, sign=sign, secrets=SECRET), token="key:pass")
    assert [*asked[2]] == ["X-Key", "X-Sign", "X-App"]


def test_a_key_that_is_none_is_the_targets_mistake_unless_it_is_the_tokens():
    written = {"signature": Signature(over="x", key="{secret}", key_encoding="hex")}
    asks = {"headers": {"X": "{signature}"}, "sign": written, "secrets": SECRET}
    said = broken(step(**asks))
    assert said.startswith("sign.signature: what is to be the key is no hex; look at its key and")
    assert "hunter2" not in said
    written = {"signature": Signature(over="x", key="{password}", key_encoding="hex")}
    with pytest.raises(NotVerified, match="nobody could sign with it"):
        ask(step(**asks | {"sign": written}), token="key:zzzz")


def test_where_nothing_is_asked_the_handshake_itself_may_be_signed():
    asks = step(
        url="",
        take={},
        show="",
        sign={"signature": Signature(over="{method}\n{host}\n{path}", key="{password}")},
        connect_headers={"ApiKey": "{user}", "ApiSign": "{signature}"},
    )
    seen, way = ask(asks, token="key:hunter2-of-the-desk")
    assert seen == []
    assert (way.url, way.shown) == (SERVICE, None)
    assert way.headers == {"ApiKey": "key", "ApiSign": hmac_of("GET\nticks.example:8080\n/ws")}
    _, way = ask(asks, token=None)
    assert way.headers == {}
