// What is measured: each makes of an issuer's key a function that rejects where a token is not good.
/** @typedef {ReturnType<typeof import("./tokens.mjs").issue>} Issued */

/** @type {Record<string, (issued: Issued) => Promise<(token: string) => Promise<unknown>>>} */
export const verifiers = {
  async "cloud-run-auth"({ audience, jwks }) {
    const { customFetch } = await import("../../pkg/runtime/node.js");
    const { createIdTokenVerifier } = await import("../../pkg/runtime/verify-node.js");
    const headers = { "cache-control": "max-age=86400" };
    const verifier = createIdTokenVerifier({
      audience,
      jwksUri: "https://keys.example/jwks",
      [customFetch]: async () => Response.json(jwks, { headers }),
    });
    return (token) => verifier.verify(token);
  },

  async jose({ issuer, audience, jwks }) {
    const { createLocalJWKSet, jwtVerify } = await import("jose");
    const set = createLocalJWKSet(jwks);
    const options = { issuer, audience, algorithms: ["RS256"], requiredClaims: ["exp", "iat", "sub"] };
    return (token) => jwtVerify(token, set, options);
  },

  async "google-auth-library"({ issuer, audience, pems }) {
    const { OAuth2Client } = await import("google-auth-library");
    const client = new OAuth2Client();
    // What its verifyIdToken calls once it has the keys.
    return (token) => client.verifySignedJwtWithCertsAsync(token, pems, audience, [issuer]);
  },
};
