const WORKLOAD =
  /^\/\/iam\.([a-z0-9.-]+)\/projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{1,32}\/providers\/[a-z0-9-]{1,32}$/;
const WORKFORCE = /^\/\/iam\.([a-z0-9.-]+)\/locations\/global\/workforcePools\/[a-z0-9-]{1,63}\/providers\/[a-z0-9-]{1,63}$/;

/**
 * Takes the full resource name of a provider apart, AIP-4117: of a workload or of a workforce identity pool. Undefined where it
 * is none.
 *
 * @param {string | null} audience
 */
export function parseAudience(audience) {
  if (audience === null) return undefined;
  const workforce = WORKFORCE.test(audience);
  if (!workforce && !WORKLOAD.test(audience)) return undefined;
  const pool = audience.slice(2, audience.indexOf("/providers/"));
  return {
    workforce,
    /** @param {string} subject */
    principal: (subject) => `principal://${pool}/subject/${subject}`,
  };
}

/** @param {string} audience */
export function parseWorkforce(audience) {
  const parsed = parseAudience(audience);
  if (!parsed?.workforce)
    throw new TypeError("audience must be //iam.googleapis.com/locations/global/workforcePools/POOL/providers/PROVIDER");
  return parsed;
}
