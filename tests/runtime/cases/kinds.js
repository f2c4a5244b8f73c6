// The documentation's table of credentials: each kind and each target has a case, which says what a runtime without the means for
// it says.
import { CheckFailed, equal, ok } from "../client/check.js";
import { within } from "../client/environment.js";
import { account, STORAGE } from "../client/identities.js";
import { abilities, kinds, lacking } from "../client/kinds.js";

/** What the documentation calls a runtime. */
const titles = { node: "Node", bun: "Bun", deno: "Deno", workerd: "Workers", browser: "browsers" };

/** Who calls; the status, where nobody may. */
async function callerOf(t, { apart }, base, path, options) {
  const all = { endpoints: t.emulator.url, ...options };
  const { status, body } = apart ? await calledApart(t, base, path, all) : await called(t.createSession(base, all), path);
  return status === 200 ? body.caller : `HTTP ${status}`;
}

async function called(session, path) {
  const response = await session.get(path);
  return { status: response.status, body: await response.json().catch(() => ({})) };
}

async function calledApart(t, base, path, options) {
  const { code, report, stderr } = await t.runtime.child("certificate", { base, path, options });
  if (code !== 0) throw new CheckFailed(`the process ended with ${code}: ${stderr.slice(0, 1500)}`);
  return report;
}

/** By an ID token, at a private service. */
async function callerByIdToken(t, made, options, email) {
  const { audience } = made;
  const service = await t.emulator.addService({ name: t.unique("s"), invokers: [email], audiences: audience ? [audience] : [] });
  return callerOf(t, made, service.url, "/x", options);
}

/** By an access token, at one of Google's APIs. */
const callerByScopes = (t, made, options) => callerOf(t, made, `${t.emulator.url}/storage/v1`, "/b/x", { ...options, scopes: [STORAGE] });

const targets = {
  async "ID token"(t, kind, made) {
    const { options, caller, apart } = made;
    const refused = () =>
      t.refused(() => t.createSession(t.emulator.url, { endpoints: t.emulator.url, ...options }).getIdToken(), "unsupported_credential");
    if (kind.idToken === "no") return refused();
    if (kind.idToken !== "as a service account") return equal(await callerByIdToken(t, made, options, caller), caller, "caller");
    const { email, named } = await account(t, await callerByScopes(t, made, options));
    const url = named.service_account_impersonation_url;
    named.service_account_impersonation_url = apart ? url.replace(/^https:..[^/]*/, apart) : url;
    const acting = { ...options, credential: { ...options.credential, ...named } };
    equal([await callerByIdToken(t, made, acting, email), await callerByScopes(t, made, acting)], [email, email], "callers");
    return refused();
  },
  async "access token"(t, kind, made) {
    const seen = await callerByScopes(t, made, made.options);
    if (made.caller) equal(seen, made.caller, "caller");
    else ok(/^principal/.test(seen), `a workload calls, saw ${seen}`);
  },
};

const cases = kinds.flatMap((kind) =>
  Object.entries(targets).map(([target, run]) => ({
    name: `${kind.name}: ${target}`,
    needs: kind.needs.filter((need) => need === "search").map(() => "search by permission"),
    async run(t) {
      const missing = kind.needs.find((need) => t.runtime.lacks[need]);
      const documented = lacking[titles[t.runtime.name]];
      // Deno that may not read anything has a column of its own.
      if (!t.runtime.lacks["search by permission"])
        equal(!missing, !kind.needs.some((need) => documented.includes(need)), "what the documentation says");
      const made = await kind.make(t);
      await within(t, made.variables ?? {}, async () => {
        if (!missing) return run(t, kind, made);
        const { options } = made;
        const named = kind.idToken === "as a service account" ? (await account(t, "nobody@example.com")).named : undefined;
        const credential = named ? { ...options.credential, ...named } : options.credential;
        const session = t.createSession(t.emulator.url, { endpoints: t.emulator.url, ...options, credential });
        const { codes, says } = abilities[missing];
        const error = await t.refused(() => (target === "ID token" ? session.getIdToken() : session.getAccessToken()), codes);
        ok(says.test(error.message), `another way to do it, saw ${error.message}`);
      });
    },
  })),
);

export default { name: "kinds of credentials", cases };
