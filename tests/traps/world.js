// A service and a token endpoint without a network, and a key. Runs on every runtime.

const text = (value) => btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

/** An ID token as the package looks at it, which is not at its signature. */
export const idToken = (audience, number = 0, seconds = 3600) => {
  const now = Math.floor(Date.now() / 1000);
  return [{ alg: "RS256" }, { aud: audience, iat: now, exp: now + seconds, jti: number }, "signature"].map(text).join(".");
};

/**
 * A fetch that answers for both, and counts.
 *
 * @param {{ delay?: number, life?: number }} [how]
 */
export function world({ delay = 0, life = 3600 } = {}) {
  const sent = { exchanges: 0, requests: [] };
  const fetch = async (input, init) => {
    const url = String(input);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    if (!url.startsWith("https://oauth2.googleapis.com/")) {
      sent.requests.push(`${init.method} ${url}`);
      return new Response("ok");
    }
    sent.exchanges += 1;
    const assertion = new URLSearchParams(init.body).get("assertion").split(".")[1];
    const { target_audience: audience, scope } = JSON.parse(atob(assertion.replaceAll("-", "+").replaceAll("_", "/")));
    const answer = scope
      ? { access_token: `ya29.${sent.exchanges}`, expires_in: life, token_type: "Bearer" }
      : { id_token: idToken(audience, sent.exchanges, life) };
    return Response.json(answer);
  };
  return { sent, fetch };
}

/** A service account's key file. */
export async function keyFile() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const der = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey))));
  return {
    type: "service_account",
    private_key_id: "k",
    private_key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`,
    client_email: "traps@tests.iam.gserviceaccount.com",
    token_uri: "https://oauth2.googleapis.com/token",
  };
}

/** A call's status, or the code of what it failed with. */
export async function outcome(call) {
  try {
    const answer = await call();
    return answer.status ?? 200;
  } catch (error) {
    return error?.code ?? `${error?.name}: ${error?.message}`;
  }
}
