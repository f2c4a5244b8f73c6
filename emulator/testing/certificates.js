import { generateKeyPairSync, sign } from "node:crypto";

// Node reads certificates and makes none, so that tests write their own: RFC 5280 in X.690's DER.
const der = (tag, ...parts) => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  // BoringSSL takes lengths in their shortest form alone.
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...parts) => der(0x30, ...parts);
const COMMON_NAME = [0x06, 3, 0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x06, 3, 0x55, 0x1d, 0x13];
const ECDSA_SHA256 = sequence([0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
const RSA_SHA256 = sequence([0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b], [0x05, 0]);
const time = (at) => der(0x17, `${new Date(at).toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`);
const named = (name) => sequence(...(name === "" ? [] : [der(0x31, sequence(COMMON_NAME, der(0x0c, name)))]));

/**
 * A certificate and its key. Without an issuer it signs itself.
 *
 * @param {string} name the common name
 * @param {{ issuer?: ReturnType<typeof certificate>, authority?: boolean, rsa?: boolean, from?: number, to?: number }} [options]
 */
export function certificate(
  name,
  { issuer, authority = false, rsa = false, from = Date.now() - 60_000, to = Date.now() + 3_600_000 } = {},
) {
  const keys = rsa ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = issuer ?? { name, keys };
  const algorithm = signer.keys.privateKey.asymmetricKeyType === "rsa" ? RSA_SHA256 : ECDSA_SHA256;
  const extensions = authority ? [der(0xa3, sequence(sequence(BASIC_CONSTRAINTS, der(0x04, sequence([0x01, 1, 0xff])))))] : [];
  const signed = sequence(
    der(0xa0, [0x02, 1, 2]),
    [0x02, 1, 1 + Math.floor(Math.random() * 100)],
    algorithm,
    named(signer.name),
    sequence(time(from), time(to)),
    named(name),
    keys.publicKey.export({ type: "spki", format: "der" }),
    ...extensions,
  );
  const raw = sequence(signed, algorithm, der(0x03, [0], sign("sha256", signed, signer.keys.privateKey)));
  const base64 = raw.toString("base64");
  return {
    name,
    keys,
    raw,
    base64,
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }),
  };
}
