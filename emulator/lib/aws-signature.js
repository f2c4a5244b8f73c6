import { sha256, toHex } from "./bytes.js";

const encoder = new TextEncoder();

/**
 * @typedef {object} SignedRequest a request as AWS Signature Version 4 sees it
 * @property {string} method
 * @property {URL} url
 * @property {Map<string, string>} headers by lower-case names
 * @property {string} [body]
 */

/**
 * The signature that a request must have, as hexadecimal digits.
 *
 * @param {SignedRequest} request
 * @param {{ secret: string, scope: string, date: string, signedHeaders: string[] }} how scope is `YYYYMMDD/region/service/aws4_request`
 */
export async function awsSignature(request, { secret, scope, date, signedHeaders }) {
  const hash = toHex(await sha256(await canonicalRequest(request, signedHeaders)));
  let key = encoder.encode(`AWS4${secret}`);
  for (const part of scope.split("/")) key = await hmac(key, part);
  return toHex(await hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`));
}

/**
 * @param {SignedRequest} request
 * @param {string[]} signedHeaders
 */
async function canonicalRequest({ method, url, headers, body = "" }, signedHeaders) {
  const lines = signedHeaders.map((name) => `${name}:${(headers.get(name) ?? "").trim().replace(/ +/g, " ")}\n`);
  // A path is encoded once more than in the URL, everywhere but at S3.
  const path = url.pathname.split("/").map(encode).join("/");
  const query = Array.from(url.searchParams, ([name, value]) => `${encode(name)}=${encode(value)}`);
  const payload = toHex(await sha256(body));
  return [method, path, query.sort().join("&"), lines.join(""), signedHeaders.join(";"), payload].join("\n");
}

/**
 * RFC 3986: everything but its unreserved characters.
 *
 * @param {string} text
 */
function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * @param {Uint8Array<ArrayBuffer>} secret
 * @param {string} text
 */
async function hmac(secret, text) {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}
