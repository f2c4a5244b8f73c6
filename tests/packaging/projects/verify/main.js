import { customFetch } from "cloud-run-auth";
import { createIdTokenVerifier } from "cloud-run-auth/verify";

window.verified = async (audience, jwks, tokens) => {
  const verifier = createIdTokenVerifier({ audience, jwksUri: "https://keys.example", [customFetch]: async () => Response.json(jwks) });
  const told = (token) =>
    verifier.verify(token).then(
      ({ id }) => id,
      ({ code }) => code,
    );
  return [globalThis.crypto.subtle !== undefined, ...(await Promise.all(tokens.map(told)))];
};
