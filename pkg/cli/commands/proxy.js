// cloud-run-auth proxy: a port of this machine that leads to a private service.
import { warn } from "../terminal.js";
import { readScopes, readWhose, WHOSE } from "../credential.js";
import { explain, usage } from "../failure.js";
import { readPort } from "../port.js";
import { bearers } from "../proxy/bearers.js";
import { guard } from "../proxy/guard.js";
import { listen } from "../proxy/server.js";
import { readService } from "../service.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "URL [flags]",
  text: `Forwards what comes to a port of this machine to a service, with a token: requests, streams and
WebSockets, until Ctrl-C. Whoever reaches the port calls the service as you, so it is this machine's
alone; what web pages of others send there is refused.`,
  operands: ["URL"],
  flags: {
    port: { value: "PORT", help: "default: 8080; 0 takes any that is free" },
    host: { value: "ADDRESS", help: "listen there; default: 127.0.0.1. 0.0.0.0 lets everybody in who reaches this machine" },
    "allow-host": { value: "NAME", multiple: true, help: "a name, beside localhost and addresses, by which clients call the proxy" },
    "allow-origin": { value: "ORIGIN", multiple: true, help: "an origin, beside those of this machine, whose pages may call the service" },
    audience: { value: "URL", help: "whom the ID token is for; default: as of a session: the URL" },
    scopes: { value: "LIST", help: "send an access token for these scopes" },
    ...WHOSE,
    verbose: { short: "v", help: "tell of each request: method, path and status" },
  },
  examples: [
    "cloud-run-auth proxy https://orders-abc.a.run.app",
    "cloud-run-auth proxy https://orders.example.com --port 9000 --audience https://orders-abc.a.run.app",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run(values, [given]) {
  const { audience, scopes, host = "127.0.0.1", verbose } = values;
  if (audience && scopes) throw usage("give --audience or --scopes, not both.");
  const target = readService(given);
  if (target.search) throw usage("the URL has a query, which would be every request's. Give it without.");
  const bearer = bearers(target, {
    credential: await readWhose(values),
    ...(audience && { audience }),
    ...(scopes && { scopes: readScopes(scopes) }),
  });
  const refused = guard({ listens: host, names: values["allow-host"] ?? [], origins: values["allow-origin"] ?? [] });
  const proxy = await listen({ target, bearer, refused, host, port: readPort(values.port ?? "8080"), tells: Boolean(verbose) });
  process.stderr.write(`${proxy.url} → ${target.origin}${target.pathname.replace(/\/+$/, "")}\n`);
  // Better now than at the first request; but what is missing may yet come.
  bearer.headers(false).catch((thrown) => warn(`there is no token yet: ${explain(thrown).message}`));
  await interrupted(() => proxy.end());
  await proxy.ended;
}

/** Ends it gracefully, and at the second time at once. @param {() => void} end */
function interrupted(end) {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        end();
        resolve(undefined);
      });
  });
}
