#!/usr/bin/env bash
# A token with times of time.time() is refused or not by the library, for the rest of its second.
#
# Expected: a NumericDate may have a fraction (RFC 7519), so a token valid since 0.3 s is valid.
# Seen: half of the libraries cut "now" down to whole seconds and compare it with the fraction:
#   nbf 12:00:00.3 at 12:00:00.6 is "not yet valid" to joserfc, Authlib, jsonwebtoken and jose
#   (npm); iat likewise to joserfc and Authlib. PyJWT cuts down the token's times instead and so
#   refuses a token that has 0.4 s to live. jwcrypto and python-jose take all of them.
# Why it matters: a test that mints tokens with time.time() and connects at once fails at a rate
#   set by the clock, 0 % right behind a full second and always before the next, and passes against
#   the same service in another language. "Closes when the token ends" is early by up to 1 s.
# Way to live with it: mint whole seconds, int(time.time()), with nbf and iat a second in the past;
#   keep a second of tolerance around exp in what tests expect, and say so.
# Versions: PyJWT 2.15.1, python-jose 3.5.0, Authlib 1.9.10, joserfc 1.8.0, jwcrypto 1.6.1 (PyPI);
#   jsonwebtoken 9.0.3, jose 6.2.18 (npm).
#
# Output seen (each asked in the second half of a second; all three tokens are valid):
#   library           nbf 0.3 s ago   iat 0.3 s ago   exp in 0.4 s
#   PyJWT             accepted        accepted        REFUSED
#   python-jose       accepted        accepted        accepted
#   Authlib           REFUSED         REFUSED         accepted
#   joserfc           REFUSED         REFUSED         accepted
#   jwcrypto          accepted        accepted        accepted
#   jsonwebtoken      REFUSED         accepted        accepted
#   jose (npm)        REFUSED         accepted        accepted
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pyjwt==2.15.1 python-jose==3.5.0 \
    authlib==1.9.10 joserfc==1.8.0 jwcrypto==1.6.1
npm install --silent --no-audit --no-fund --ignore-scripts jsonwebtoken@9.0.3 jose@6.2.18

cat > ask.cjs <<'ASK'
// Reads "library token" lines; answers "accepted" or "REFUSED".
const key = "k".repeat(32);
const jsonwebtoken = require("jsonwebtoken");
const ask = {
  jsonwebtoken: async (token) => jsonwebtoken.verify(token, key),
  "jose (npm)": async (token) =>
    (await import("jose")).jwtVerify(token, new TextEncoder().encode(key)),
};
(async () => {
  await import("jose");
  console.log("ready");
  for await (const line of require("readline").createInterface({ input: process.stdin })) {
    const [library, token] = line.split("\t");
    console.log(await ask[library](token).then(() => "accepted", () => "REFUSED"));
  }
})();
ASK
cat > times.py <<'TIMES'
import base64
import hashlib
import hmac
import json
import subprocess
import time
import warnings

warnings.simplefilter("ignore")
import jwt
from authlib.jose import jwt as authlib_jwt
from jose import jwt as jose_jwt
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import OctKey
from jwcrypto import jwk
from jwcrypto import jwt as jwcrypto_jwt

KEY = "k" * 32


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(claims):
    head = encoded(b'{"alg":"HS256","typ":"JWT"}') + b"." + encoded(json.dumps(claims).encode())
    return (head + b"." + encoded(hmac.new(KEY.encode(), head, hashlib.sha256).digest())).decode()


def pyjwt(text):
    jwt.decode(text, KEY, algorithms=["HS256"])


def python_jose(text):
    jose_jwt.decode(text, KEY, algorithms=["HS256"])


def authlib(text):
    authlib_jwt.decode(text, KEY).validate()


def joserfc(text):
    claims = joserfc_jwt.decode(text, OctKey.import_key(KEY), algorithms=["HS256"]).claims
    joserfc_jwt.JWTClaimsRegistry().validate(claims)


def jwcrypto(text):
    key = jwk.JWK(kty="oct", k=encoded(KEY.encode()).decode())
    jwcrypto_jwt.JWT(jwt=text, key=key, algs=["HS256"])


node = subprocess.Popen(["node", "ask.cjs"], stdin=-1, stdout=-1, text=True, bufsize=1)
node.stdout.readline()


def in_node(library):
    def ask(text):
        node.stdin.write(f"{library}\t{text}\n")
        if node.stdout.readline().strip() == "REFUSED":
            raise ValueError
    return ask


LIBRARIES = {
    "PyJWT": pyjwt,
    "python-jose": python_jose,
    "Authlib": authlib,
    "joserfc": joserfc,
    "jwcrypto": jwcrypto,
    "jsonwebtoken": in_node("jsonwebtoken"),
    "jose (npm)": in_node("jose (npm)"),
}
# What is asked, with the part of a second at which it is asked: "now" cut down is then earlier
# than nbf and iat, and exp cut down is not later than "now".
CASES = {
    "nbf 0.3 s ago": (0.6, lambda: {"nbf": time.time() - 0.3}),
    "iat 0.3 s ago": (0.6, lambda: {"iat": time.time() - 0.3}),
    "exp in 0.4 s": (0.3, lambda: {"exp": time.time() + 0.4}),
}


def answer(library, part, claims):
    while True:
        while not part <= time.time() % 1 < part + 0.05:
            time.sleep(0.002)
        try:
            LIBRARIES[library](token(claims()))
            result = "accepted"
        except Exception:
            result = "REFUSED"
        # Asked again if this process did not run in between: the second must not have turned.
        if part <= time.time() % 1 < part + 0.25:
            return result


try:
    print("library".ljust(17), *(case.ljust(15) for case in CASES))
    seen = {}
    for library in LIBRARIES:
        seen[library] = [answer(library, *CASES[case]) for case in CASES]
        print(library.ljust(17), *(result.ljust(15) for result in seen[library]))
finally:
    node.stdin.close()
    node.wait(10)
yes, no = "accepted", "REFUSED"
assert seen == {
    "PyJWT": [yes, yes, no],
    "python-jose": [yes, yes, yes],
    "Authlib": [no, no, yes],
    "joserfc": [no, no, yes],
    "jwcrypto": [yes, yes, yes],
    "jsonwebtoken": [no, yes, yes],
    "jose (npm)": [no, yes, yes],
}
TIMES
venv/bin/python times.py 2> log || { cat log; exit 1; }
