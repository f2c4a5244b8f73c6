import { fromBase64 } from "./bytes.js";
import { readDer, readOid } from "./der.js";

/** @typedef {import("./der.js").Der} Der */
/**
 * @typedef {object} Certificate what is needed of RFC 5280
 * @property {Uint8Array<ArrayBuffer>} raw
 * @property {Uint8Array<ArrayBuffer>} signed the part that the signature covers
 * @property {string} algorithm of the signature, as an object identifier
 * @property {Uint8Array<ArrayBuffer>} signature
 * @property {Uint8Array<ArrayBuffer>} issuer
 * @property {Uint8Array<ArrayBuffer>} subject
 * @property {string | undefined} commonName of the subject
 * @property {number} notBefore in milliseconds
 * @property {number} notAfter in milliseconds
 * @property {Uint8Array<ArrayBuffer>} publicKey as SubjectPublicKeyInfo
 * @property {boolean} mayIssue whether it is an authority's
 */

const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";

/**
 * Takes a certificate apart. Throws where it is none.
 *
 * @param {Uint8Array<ArrayBuffer>} raw DER
 * @returns {Certificate}
 */
export function parseCertificate(raw) {
  const [outer, ...more] = readDer(raw);
  if (more.length > 0) throw new TypeError("more than one certificate");
  const [signed, algorithm, signature] = readDer(outer.content);
  const fields = readDer(signed.content);
  // The version comes first, and only where it is not 1.
  const [, , issuer, validity, subject, publicKey, ...optional] = fields[0].tag === 0xa0 ? fields.slice(1) : fields;
  const [notBefore, notAfter] = readDer(validity.content).map(readTime);
  return {
    raw,
    signed: signed.raw,
    algorithm: readOid(readDer(algorithm.content)[0]),
    // A bit string begins with the number of bits that do not count: none.
    signature: signature.content.subarray(1),
    issuer: issuer.raw,
    subject: subject.raw,
    commonName: readCommonName(subject),
    notBefore,
    notAfter,
    publicKey: publicKey.raw,
    mayIssue: readMayIssue(optional.find((element) => element.tag === 0xa3)),
  };
}

/**
 * All certificates in a PEM file.
 *
 * @param {string} pem
 */
export function parsePem(pem) {
  const blocks = Array.from(pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g), ([, text]) => {
    const bytes = fromBase64(text.replace(/\s/g, ""));
    if (!bytes) throw new TypeError("a certificate that is not base64");
    return parseCertificate(bytes);
  });
  if (blocks.length === 0) throw new TypeError("no certificate in PEM");
  return blocks;
}

/** @param {Der} time UTCTime, or GeneralizedTime from 2050 on */
function readTime({ tag, content }) {
  const text = new TextDecoder().decode(content);
  const century = tag === 0x18 ? "" : Number(text.slice(0, 2)) < 50 ? "20" : "19";
  return Date.parse((century + text).replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** @param {Der} name */
function readCommonName({ content }) {
  for (const set of readDer(content)) {
    for (const attribute of readDer(set.content)) {
      const [type, value] = readDer(attribute.content);
      if (readOid(type) === COMMON_NAME) return new TextDecoder().decode(value.content);
    }
  }
  return undefined;
}

/** @param {Der | undefined} extensions */
function readMayIssue(extensions) {
  if (!extensions) return false;
  const [list] = readDer(extensions.content);
  const found = readDer(list.content)
    .map((extension) => readDer(extension.content))
    .find(([type]) => readOid(type) === BASIC_CONSTRAINTS);
  if (!found) return false;
  const [constraints] = readDer(found[found.length - 1].content);
  const [authority] = readDer(constraints.content);
  return authority?.tag === 0x01 && authority.content[0] === 0xff;
}
