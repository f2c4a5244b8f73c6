// Signatures verified by the core's own arithmetic, for hosts without WebCrypto.
import { base64url } from "../deeds.js";
import { stateless } from "../stateless.js";
import * as glue from "../wasm/signature.js";

const { useModule, ready, ask } = stateless(glue);
export { ready, useModule };

/** @type {(algorithm: string, jwk: string, input: Uint8Array, signature: Uint8Array) => boolean} */
export function isSigned(algorithm, jwk, input, signature) {
  // A key says what it is for, or it is refused.
  const key = JSON.stringify({ ...JSON.parse(jwk), alg: algorithm });
  return ask(["s", algorithm, key, base64url(input), base64url(signature)])[0] === "1";
}
