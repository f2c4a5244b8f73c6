// What a verifier makes of Wycheproof's signatures. On web APIs alone, for every runtime.
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

const base64url = (hex) =>
  btoa(String.fromCharCode(...bytesOf(hex)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** A key as the core hands it to its host. */
const jwkOf = ({ algorithm, key: [first, second] }) =>
  algorithm === "RS256"
    ? JSON.stringify({ kty: "RSA", alg: "RS256", n: base64url(first), e: base64url(second) })
    : JSON.stringify({ kty: "EC", crv: "P-256", x: base64url(first), y: base64url(second) });

/**
 * @param {(algorithm: string, jwk: string, input: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>} isSigned
 * @param {object[]} cases as `tests/wycheproof` writes them down
 * @returns by set, how many of each verdict were taken and refused, and which verdicts are wrong
 */
export async function judge(isSigned, cases) {
  const sets = {};
  for (const each of cases) {
    const { set, number, verdict, about, flags, algorithm, input, signature } = each;
    const seen = (sets[set] ??= { counts: {}, wrong: [] });
    let what;
    try {
      what = (await isSigned(algorithm, jwkOf(each), bytesOf(input), bytesOf(signature))) ? "taken" : "refused";
    } catch {
      what = "not verified with its key";
    }
    const name = `${verdict} ${what}`;
    seen.counts[name] = (seen.counts[name] ?? 0) + 1;
    if (what !== (verdict === "valid" ? "taken" : "refused")) seen.wrong.push({ number, name, about, flags });
  }
  return sets;
}
