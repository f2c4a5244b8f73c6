// Where there are no Durable Objects. The names are here, so that it is this error that tells of it.
throw new Error(
  'cloud-run-auth/stores/durable-object is for Cloudflare Workers; elsewhere, use another store. (A bundler for Workers has to resolve with the condition "workerd".)',
);

export const RecordHolder = undefined;
export const durableObjectStore = undefined;
