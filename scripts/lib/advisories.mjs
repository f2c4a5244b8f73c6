// Known vulnerabilities of what the lockfiles name, as OSV (osv.dev) knows them: RustSec's, GitHub's and the CVEs behind them.

/** How many packages one question may hold. */
const BATCH = 1000;

/** @param {{ package?: { name: string, version: string, source?: string }[] }} lock A Cargo.lock, read; what has no source is ours */
export const crates = (lock) =>
  (lock.package ?? []).filter(({ source }) => source).map(({ name, version }) => ({ ecosystem: "crates.io", name, version }));

/** @param {{ packages: Record<string, { name?: string, version?: string, link?: boolean }> }} lock A package-lock.json, read */
export const npmPackages = (lock) =>
  Object.entries(lock.packages)
    .filter(([path, { link, version }]) => path.includes("node_modules/") && !link && version)
    .map(([path, { name, version }]) => ({ ecosystem: "npm", name: name ?? path.split("node_modules/").at(-1), version }));

/**
 * The advisories that hold for any of them: "what" says of which, `ids` are all its names.
 *
 * @param {{ ecosystem: string, name: string, version: string }[]} packages
 * @param {string} url Of the database
 */
export async function advisories(packages, url = "https://api.osv.dev") {
  const once = [...new Map(packages.map((one) => [JSON.stringify(one), one])).values()];
  const found = [];
  for (let at = 0; at < once.length; at += BATCH) {
    const part = once.slice(at, at + BATCH);
    const queries = part.map(({ ecosystem, name, version }) => ({ package: { ecosystem, name }, version }));
    const { results } = await ask(`${url}/v1/querybatch`, { method: "POST", body: JSON.stringify({ queries }) });
    if (results?.length !== part.length) throw new Error(`${url} answered for ${results?.length} packages of ${part.length}`);
    for (const [index, { vulns = [] }] of results.entries()) {
      const { name, version } = part[index];
      for (const { id } of vulns) {
        const { aliases = [], summary = "" } = await ask(`${url}/v1/vulns/${id}`);
        found.push({ what: `${name} ${version}`, name, ids: [id, ...aliases], summary });
      }
    }
  }
  return found;
}

/** What no waiver covers: one that names the advisory and the package, and whose time is not up. */
export const unwaived = (found, waivers, today) =>
  found.filter(({ ids, name }) => !waivers.some((one) => ids.includes(one.id) && one.package === name && today <= one.until));

/** What is wrong with the waivers themselves. */
export function complaints(waivers, today) {
  const wrong = [];
  for (const { id, package: name, reason, since, until } of waivers) {
    if (!/^(RUSTSEC|CVE|GHSA)-/.test(id ?? "")) wrong.push(`a waiver names no advisory: ${id}`);
    if (!name || (reason ?? "").length < 30) wrong.push(`the waiver of ${id} says not of which package, or not why`);
    if (![since, until].every((date) => /^\d{4}-\d\d-\d\d$/.test(date ?? ""))) wrong.push(`the waiver of ${id} has no dates`);
    else if (until < today) wrong.push(`the waiver of ${id} ended on ${until}: look at it anew`);
  }
  return wrong;
}

async function ask(url, init) {
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(url, { ...init, signal }).catch((error) => {
    throw new Error(`the database of advisories cannot be reached: ${url} (${error.cause?.message ?? error.message})`);
  });
  if (!response.ok) throw new Error(`the database of advisories answered ${response.status}: ${url}`);
  return response.json();
}
