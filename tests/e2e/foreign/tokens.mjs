// JSON Web Tokens of one issuer (RFC 7519), checked by hand against a file of its keys (RFC 7517).
import { createPublicKey, verify } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { parse } from "./json.mjs";

const { KEY_SET, ISSUER, AUDIENCE, RIGHTS = "symbols" } = process.env;
const LONGEST = 8000;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
let version = "";
let keys = new Map();

function current() {
  const { mtimeMs, size, ino } = statSync(KEY_SET);
  if (version !== `${mtimeMs} ${size} ${ino}`) {
    const signing = JSON.parse(readFileSync(KEY_SET, "utf8")).keys
      .filter((jwk) => jwk.kty === "RSA" && (jwk.use ?? "sig") === "sig" && (jwk.alg ?? "RS256") === "RS256");
    keys = new Map(signing.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: "jwk" })]));
    version = `${mtimeMs} ${size} ${ino}`;
  }
  return keys;
}

const part = (text) => {
  if (!BASE64URL.test(text)) throw new Error("not base64url");
  const json = Buffer.from(text, "base64url").toString();
  parse(json);  // no member twice, no nesting without an end
  const found = JSON.parse(json);
  if (typeof found !== "object" || found === null || Array.isArray(found)) throw new Error("not an object");
  return found;
};
const need = (condition, what) => { if (!condition) throw new Error(what); };
const isText = (value) => typeof value === "string" && value !== "";
const isInstant = (value) => typeof value === "number" && Number.isFinite(value);

// Who bears a token, until when, and what it may see; throws, in words without anything of the token.
export function bearer(token) {
  need(token.length <= LONGEST, "too long");
  const parts = token.split(".");
  need(parts.length === 3, "not of three parts");
  let header;
  let claims;
  try { [header, claims] = [part(parts[0]), part(parts[1])]; } catch { throw new Error("unreadable"); }
  need(header.alg === "RS256", "another algorithm");
  need(header.typ === undefined || String(header.typ).toUpperCase() === "JWT", "another type");
  need(header.crit === undefined, "an extension");
  const key = isText(header.kid) && current().get(header.kid);
  need(key, "no such key");
  need(BASE64URL.test(parts[2]), "no signature");
  const signature = Buffer.from(parts[2], "base64url");
  need(verify("sha256", Buffer.from(`${parts[0]}.${parts[1]}`), key, signature), "a wrong signature");
  const now = Date.now() / 1000;
  need(claims.iss === ISSUER, "another issuer");
  need(claims.aud === AUDIENCE, "another audience");
  need(isText(claims.sub), "no subject");
  need(isInstant(claims.exp) && claims.exp > now, "expired");
  need(claims.nbf === undefined || (isInstant(claims.nbf) && claims.nbf <= now), "not valid yet");
  need(claims.iat === undefined || (isInstant(claims.iat) && claims.iat <= now), "from the future");
  const rights = claims[RIGHTS];
  need(rights === undefined || (Array.isArray(rights) && rights.every((s) => typeof s === "string")), "odd rights");
  return { subject: claims.sub, expires: claims.exp * 1000, symbols: rights && new Set(rights) };
}
