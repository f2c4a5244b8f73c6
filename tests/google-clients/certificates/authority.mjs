// A certificate authority that lives for one run. Node reads certificates but makes none, so they are written here (RFC 5280).
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { bitString, explicit, implicit, integer, objectIdentifier, octetString, sequence, set, utcTime, utf8, yes } from "./der.mjs";

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const DAY = 86_400_000;

/**
 * @typedef {object} Certificate
 * @property {string} cert PEM
 * @property {string} key PEM
 *
 * @typedef {object} Subject
 * @property {string} name the common name
 * @property {string[]} [hosts] for a server: DNS names, which may begin with "*."
 *
 * @typedef {Certificate & { issue(subject: Subject): Certificate, authorize(name: string): Authority }} Authority
 *
 * @typedef {{ name: string } & ReturnType<typeof newKey>} Issuer
 */

/**
 * @param {string} name
 * @param {Issuer} [above] who signs its certificate; by default it does so itself
 * @returns {Authority}
 */
export function createAuthority(name, above) {
  const own = newKey();
  const issuer = { name, ...own };
  const authority = [
    extension("2.5.29.19", sequence(yes), { critical: true }),
    // keyCertSign and cRLSign.
    extension("2.5.29.15", bitString(Buffer.from([0b0000_0110]), 1), { critical: true }),
  ];
  return {
    ...certificate({ name }, own, above ?? issuer, authority),
    issue(subject) {
      const key = newKey();
      return certificate(subject, key, issuer, endEntity(subject));
    },
    authorize: (/** @type {string} */ another) => createAuthority(another, issuer),
  };
}

/** @param {Subject} subject */
function endEntity({ hosts }) {
  const purpose = hosts ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2";
  const extensions = [
    extension("2.5.29.19", sequence(), { critical: true }),
    // digitalSignature.
    extension("2.5.29.15", bitString(Buffer.from([0b1000_0000]), 7), { critical: true }),
    extension("2.5.29.37", sequence(objectIdentifier(purpose))),
  ];
  if (hosts) extensions.push(extension("2.5.29.17", sequence(...hosts.map((host) => implicit(2, Buffer.from(host))))));
  return extensions;
}

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const info = publicKey.export({ type: "spki", format: "der" });
  // RFC 5280 section 4.2.1.2 lets the identifier be anything that is the key's own.
  return { privateKey, info, identifier: createHash("sha256").update(info).digest().subarray(0, 20) };
}

/**
 * @param {Subject} subject
 * @param {ReturnType<typeof newKey>} key
 * @param {Issuer} issuer
 * @param {Uint8Array[]} extensions
 * @returns {Certificate}
 */
function certificate({ name }, key, issuer, extensions) {
  const now = Date.now();
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    // A day each way: a certificate of one run is no place to find out about clocks.
    sequence(utcTime(new Date(now - DAY)), utcTime(new Date(now + DAY))),
    distinguishedName(name),
    key.info,
    explicit(
      3,
      sequence(
        ...extensions,
        extension("2.5.29.14", octetString(key.identifier)),
        // Python asks for it since 3.13.
        extension("2.5.29.35", sequence(implicit(0, issuer.identifier))),
      ),
    ),
  );
  const whole = sequence(body, ECDSA_WITH_SHA256, bitString(sign("sha256", body, issuer.privateKey)));
  return { cert: pem(whole), key: key.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** @param {string} name */
const distinguishedName = (name) => sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8(name))));

/**
 * @param {string} identifier
 * @param {Uint8Array} value
 */
function extension(identifier, value, { critical = false } = {}) {
  return sequence(objectIdentifier(identifier), ...(critical ? [yes] : []), octetString(value));
}

/** @param {Uint8Array} der */
function pem(der) {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
