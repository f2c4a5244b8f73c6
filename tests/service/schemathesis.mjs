// schemathesis against a service on a server of this machine: everything that its own OpenAPI document says can be asked, right and
// wrong, by somebody who is logged in. Its figures come back, and what it prints.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { customFetch } from "../../pkg/runtime/node.js";
import { createTokenService } from "../../pkg/runtime/service-node.js";
import { memoryStore } from "../../pkg/stores/memory.js";
import { serveService } from "./server.mjs";
import { idpFetch, idToken, policy, SEAL, SECRET } from "./stand.mjs";

const hooks = fileURLToPath(new URL("python/hooks.py", import.meta.url));

/** What schemathesis is told of each operation: what the document cannot say, with the reason. */
const OPERATIONS = `
# With 413 to what schemathesis has itself: a body is refused by its size before it is read.
[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]

# Whether a token or secret is one, no schema says: text of the right form is refused all the same; and who tries many secrets of a client has to wait.
[[operations]]
include-operation-id = ["token", "refresh", "introspect", "login"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "413", "429"]

# RFC 7009, section 2.2: a token that is none is as good as revoked. And what a stranger adds to a form is left alone (RFC 6749, section 3.2).
[[operations]]
include-operation-id = ["revoke", "introspect"]
checks.negative_data_rejection.enabled = false
`;

/** As whom it asks. */
const AUTHS = {
  client: () => `[auth.openapi.client]\nusername = "worker"\npassword = "${encodeURIComponent(SECRET)}"\n`,
  bearer: (url) => `[auth.openapi.bearer]\nbearer = "${idToken({ aud: url, exp: Math.floor(Date.now() / 1000) + 80_000 })}"\n`,
};

/**
 * @param {"client" | "bearer"} as
 * @param {number} examples For each operation
 * @param {{ words?: string[], spoil?: (request: Request) => Response | undefined }} [more] Words for its command line; what answers in
 *   place of the service
 */
export async function schemathesis(as, examples, { words: more = [], spoil } = {}) {
  const log = [];
  const server = await serveService(async (issuer) => {
    const service = createTokenService({
      issuer,
      secrets: [SEAL],
      store: memoryStore(),
      // As often as it likes: how often one may ask is another test's.
      policy: (await policy()).replaceAll(/^\[callers\..*$/gm, '$&\nrate = "1000000/second"'),
      log: (line) => log.push(line),
      [customFetch]: idpFetch,
      credential: async ({ audience }) =>
        audience ? idToken({ aud: audience }) : { token: "an-access-token", expiresAt: Date.now() + 3_600_000 },
    });
    return { fetch: async (request, info) => spoil?.(request) ?? service.fetch(request, info) };
  });
  const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-schemathesis-"));
  try {
    const config = join(folder, "schemathesis.toml");
    await writeFile(config, `hooks = ${JSON.stringify(hooks)}\n${AUTHS[as](server.url)}${OPERATIONS}`);
    const words = ["-m", "schemathesis.cli", "--config-file", config, "run", `${server.url}/api/openapi.json`, "--checks", "all"];
    // Its stateful phase follows links between operations, of which the document has none.
    words.push("--phases", "examples,coverage,fuzzing", "--max-examples", String(examples), "--continue-on-failure", "--no-color");
    words.push("--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off", ...more);
    const login = JSON.stringify({ client_id: "worker", client_secret: SECRET });
    const { output, code } = await run(words, { cwd: folder, env: { ...process.env, SERVICE: server.url, LOGIN: login } });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const answers = [...metrics.matchAll(/_requests_total\{route="(.*)",method="(.*)",status="(\d+)"\} (\d+)/g)];
    return {
      ...{ output, code, log },
      cases: Number(/(\d[\d,]*) generated/.exec(output)?.[1].replaceAll(",", "") ?? 0),
      /** How often each route gave which status. */
      answers: answers.map(([, route, method, status, times]) => ({ route, method, status: Number(status), times: Number(times) })),
    };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} words @param {import("node:child_process").SpawnOptions} place @returns {Promise<{ output: string, code: number }>} */
function run(words, place) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.env.SCHEMATHESIS_PYTHON ?? "", words, { ...place, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
    child.on("error", reject);
    child.on("close", (code) => resolve({ output, code: code ?? -1 }));
  });
}
