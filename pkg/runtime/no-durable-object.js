// Where there are no Durable Objects. The names are here, so that it is this error that tells of it.
throw new Error(
  'cloud-run-auth/durable-object is for Cloudflare Workers; elsewhere, import cloud-run-auth. (A bundler for Workers has to resolve with the condition "workerd".)',
);

export const TokenHolder = undefined;
export const heldIn = undefined;
