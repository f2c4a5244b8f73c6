// An issuer of a case's own: its keys are made here, and whoever asks for them is counted.
/** A part of a token. */
export const part = (value) => base64url(new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

const KINDS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

/** Keys take a while to be made: each kind has one for all cases, and one that is nobody's. */
const made = new Map();
function pairOf(name) {
  const [alg] = name.split(" ");
  if (!made.has(name)) made.set(name, crypto.subtle.generateKey(KINDS[alg], true, ["sign", "verify"]));
  return made.get(name);
}

/** An issuer with one key, whose name is `kid`. */
export async function openIssuer(t, { alg = "RS256", kid = "one", url = `https://${t.unique("issuer")}.example` } = Object.create(null)) {
  const jwk = await crypto.subtle.exportKey("jwk", (await pairOf(alg)).publicKey);
  const issuer = {
    url,
    /** What it publishes, and how it answers. */
    keys: [{ ...jwk, alg, use: "sig", kid, key_ops: undefined }],
    headers: { "cache-control": "public, max-age=3600" },
    status: 200,
    asked: [],
    claims(more = {}) {
      const now = Math.floor(Date.now() / 1000);
      return { iss: url, aud: "https://svc.example", sub: "1", iat: now - 10, exp: now + 600, ...more };
    },
    /** A token with these claims, signed by the issuer's key or by another. */
    async sign(claims = issuer.claims(), header = {}, by = alg) {
      const input = `${part({ alg, kid, typ: "JWT", ...header })}.${part(claims)}`;
      const { privateKey } = await pairOf(by);
      const signature = await crypto.subtle.sign(KINDS[by.split(" ")[0]], privateKey, new TextEncoder().encode(input));
      return `${input}.${base64url(new Uint8Array(signature))}`;
    },
    /** Publishes one more key, by which `sign` may sign. */
    async publish(kid, by) {
      const [name] = by.split(" ");
      const { publicKey } = await pairOf(by);
      issuer.keys.push({ ...(await crypto.subtle.exportKey("jwk", publicKey)), alg: name, use: "sig", kid, key_ops: undefined });
    },
    async fetch(target) {
      issuer.asked.push(String(target));
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (issuer.status !== 200) return new Response("<html>", { status: issuer.status });
      const about = { issuer: url, jwks_uri: `${url}/keys` };
      return Response.json(String(target).endsWith("/openid-configuration") ? about : { keys: issuer.keys }, { headers: issuer.headers });
    },
  };
  return issuer;
}
