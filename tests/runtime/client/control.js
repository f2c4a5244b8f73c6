// Clients of the two servers that every run has: the emulator, and the lab that records what reaches it.
import { CheckFailed } from "./check.js";

async function call(method, url, body) {
  // A prototype of its own: one runner pollutes Object.prototype, which is meant for the package and not for us.
  const init = Object.assign(Object.create(null), { method, headers: {}, body: undefined, cache: undefined });
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  delete init.cache;
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new CheckFailed(`${method} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** The emulator's control plane. */
export function connectEmulator(url) {
  const at = (path) => `${url}/_emulator/${path}`;
  const emulator = {
    url,
    reset: () => call("POST", at("reset")),
    fault: (fault) => call("POST", at("faults"), fault),
    clearFaults: () => call("DELETE", at("faults")),
    addAccount: (key) => call("POST", at("accounts"), { key }),
    removeAccount: (email) => call("DELETE", at("accounts"), { email }),
    addService: (service) => call("POST", at("services"), service),
    rotateKeys: (options) => call("POST", at("rotate-keys"), options),
    /** Makes or sets what the emulator knows by that name, and answers what it says of it. */
    make: (what, body = {}) => call("POST", at(what), body),
    setClock: (clock) => call("POST", at("clock"), clock),
    /** The log, all of it or one endpoint's. */
    async log(endpoint) {
      const entries = await call("GET", at("log"));
      return endpoint ? entries.filter((entry) => entry.endpoint === endpoint) : entries;
    },
    /** Preflights are the browser's own doing: they do not count as sent. */
    async sent() {
      return (await emulator.log()).filter((entry) => entry.endpoint !== "preflight");
    },
  };
  return emulator;
}

/** The lab: servers that redirect as they are told, and record every request that mentions a case's mark. */
export function connectLab(config) {
  return {
    ...config,
    /** Writes a file of that name into the folder that every runtime with files may read. */
    write: (name, text) => call("POST", `${config.home}/_lab/files?name=${encodeURIComponent(name)}`, text),
    records: (mark) => call("GET", `${config.home}/_lab/records?mark=${mark}`),
    /**
     * A port before an emulator where connections and requests fail by plan: `plan({ steps, rest, … })` of `lab/fault-proxy.mjs`.
     *
     * @param {string} [to] An emulator other than the cases' own
     */
    async faultProxy(to) {
      const query = to ? `?to=${encodeURIComponent(to)}` : "";
      const { id, url } = await call("POST", `${config.home}/_lab/proxies${query}`);
      const at = `${config.home}/_lab/proxies/${id}`;
      return {
        url,
        /** What happens from now on; without a plan all goes through. */
        plan: (plan = {}) => call("POST", at, plan),
        /** The requests that came in whole since it was opened, without preflights; how often a plan made something fail. */
        seen: () => call("GET", at),
        requests: async () => (await call("GET", at)).requests,
      };
    },
  };
}

export const readConfig = (lab) => call("GET", `${lab}/_lab/config`);
