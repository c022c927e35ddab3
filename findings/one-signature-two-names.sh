#!/usr/bin/env bash
# EdDSA is called Ed25519 now: by the library tokens with the new name are refused, or keys, or each mix of the two names.
#
# Expected: RFC 9864 (October 2025) gives the algorithm "EdDSA" with the curve Ed25519 the name "Ed25519" and keeps the
#   signature; a library that is told to allow both names takes tokens and keys with either.
# Seen: one key, one signature, both names allowed. "Ed25519" in the token is taken by joserfc, jwcrypto and jose (npm),
#   and refused by PyJWT, Authlib and fast-jwt. "Ed25519" as the key's alg ends PyJWT, for tokens with the old name as
#   well: the key set cannot be read. joserfc and jose know both names but not as one: a key that says "EdDSA" is no
#   key for a token that says "Ed25519", nor the other way round. A key without alg fits both.
# Why it matters: which name is in the tokens and which in the key set are two decisions of the issuer, and they are
#   not taken in the same minute. The service did not change, and refuses every client; where part of the services is in
#   Node.js, REST goes on and the stream does not.
# Way to live with it: key sets without "alg" until all readers know both; allow both names in the list of algorithms;
#   a test for each of the four combinations, with the libraries of all services that read the issuer's tokens.
# Versions: PyJWT 2.15.1, Authlib 1.9.10, joserfc 1.8.0, jwcrypto 1.6.1, cryptography 50.0.2 (PyPI); jose 6.2.18,
#   fast-jwt 6.3.6 (npm); Python 3.11.7, Node.js 20.20.2. joserfc's documentation lists Ed25519. Nothing found about keys.
#
# Output seen:
#   token    key's alg  PyJWT    Authlib  joserfc  jwcrypto  jose     fast-jwt
#   EdDSA    none       ok       ok       ok       ok        ok       ok
#   EdDSA    EdDSA      ok       ok       ok       ok        ok       ok
#   EdDSA    Ed25519    refused  ok       refused  ok        refused  ok
#   Ed25519  none       refused  refused  ok       ok        ok       refused
#   Ed25519  EdDSA      refused  refused  refused  ok        refused  refused
#   Ed25519  Ed25519    refused  refused  ok       ok        ok       refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check PyJWT==2.15.1 Authlib==1.9.10 joserfc==1.8.0 jwcrypto==1.6.1 \
  cryptography==50.0.2
npm install --silent --no-audit --no-fund --ignore-scripts jose@6.2.18 fast-jwt@6.3.6

cat > verify.py <<'VERIFY'
import json
import sys
import time
from base64 import urlsafe_b64encode

import jwt
from authlib.jose import JsonWebKey, JsonWebToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet
from jwcrypto import jwk, jwt as jwcrypto_jwt

BOTH = ["EdDSA", "Ed25519"]
own = Ed25519PrivateKey.generate()
public = own.public_key()


def b64(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def token(name):
    parts = {"alg": name, "kid": "2026-11"}, {"sub": "desk-7", "exp": int(time.time()) + 600}
    signed = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{b64(own.sign(signed.encode()))}"


def key(name):
    x = b64(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    found = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "2026-11", "use": "sig"}
    return found if name == "none" else {**found, "alg": name}


libraries = {
    "PyJWT": lambda token, key: jwt.decode(token, jwt.PyJWK(key), algorithms=BOTH),
    "Authlib": lambda token, key: JsonWebToken(BOTH).decode(token, JsonWebKey.import_key_set({"keys": [key]})),
    "joserfc": lambda token, key: joserfc_jwt.decode(token, KeySet.import_key_set({"keys": [key]}), algorithms=BOTH),
    "jwcrypto": lambda token, key: jwcrypto_jwt.JWT(jwt=token, key=jwk.JWK(**key), algs=BOTH),
}
cases = [(name, of_key, token(name), key(of_key)) for name in BOTH for of_key in ("none", *BOTH)]
pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
json.dump({"cases": cases, "pem": pem}, open("cases.json", "w"))
for name, of_key, its_token, its_key in cases:
    row = []
    for verify in libraries.values():
        try:
            verify(its_token, dict(its_key))
            row.append("ok")
        except Exception as error:
            print(name, of_key, type(error).__name__, error, file=sys.stderr)
            row.append("refused")
    print(name, of_key, *row, sep="|")
VERIFY
cat > verify.mjs <<'VERIFY'
import { readFileSync } from "node:fs";
import { createVerifier } from "fast-jwt";
import { createLocalJWKSet, jwtVerify } from "jose";
const { cases, pem } = JSON.parse(readFileSync("cases.json", "utf8"));
const tried = async (verify) => {
  try { await verify(); return "ok"; } catch (error) { console.error(error.message); return "refused"; }
};
for (const [, , token, key] of cases) {
  const row = [
    await tried(() => jwtVerify(token, createLocalJWKSet({ keys: [key] }), { algorithms: ["EdDSA", "Ed25519"] })),
    await tried(() => createVerifier({ key: pem })(token)), // takes the key as PEM, which names no algorithm
  ];
  console.log(row.join("|"));
}
VERIFY
venv/bin/python -W ignore verify.py > python 2> python.log || { cat python.log; exit 1; }
node verify.mjs > node 2> node.log || { cat node.log; exit 1; }
paste -d'|' python node > seen
(echo "token|key's alg|PyJWT|Authlib|joserfc|jwcrypto|jose|fast-jwt"; cat seen) |
  awk -F '|' '{ printf "%-8s %-10s %-8s %-8s %-8s %-9s %-8s %s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
cat > expected <<'EXPECTED'
EdDSA|none|ok|ok|ok|ok|ok|ok
EdDSA|EdDSA|ok|ok|ok|ok|ok|ok
EdDSA|Ed25519|refused|ok|refused|ok|refused|ok
Ed25519|none|refused|refused|ok|ok|ok|refused
Ed25519|EdDSA|refused|refused|refused|ok|refused|refused
Ed25519|Ed25519|refused|refused|ok|ok|ok|refused
EXPECTED
diff expected seen || { echo "not as described any more"; exit 1; }
