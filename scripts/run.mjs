// Runs the token service from the checkout, with settings and a policy to begin with. Run by `make run`.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSecret } from "../pkg/runtime/service-node.js";
import { envExample } from "./env-example.mjs";
import { root } from "./lib/root.mjs";

const env = join(root, ".env");
if (!existsSync(env)) {
  const secret = randomBytes(32).toString("base64url");
  writeFileSync(env, envExample().replace("# AUTH_JIT_SECRET=\n", `AUTH_JIT_SECRET=${secret}\n`), { mode: 0o600 });
  console.log("made .env: settings with their defaults, and a secret of their own");
}
const policy = join(root, "policy.toml");
if (!existsSync(policy)) {
  const secret = randomBytes(24).toString("base64url");
  const text = readFileSync(join(root, "examples/token-service/policy.toml"), "utf8");
  writeFileSync(policy, text.replace(/\$argon2id\$[^"]+/, await hashSecret(secret)));
  console.log(`made policy.toml, with a client of your own. Its secret, which is shown this once:

  curl -u dev:${secret} http://127.0.0.1:8000/api/token \\
    -d grant_type=client_credentials -d audience=https://api.example
`);
}
const child = spawn(process.execPath, [join(root, "pkg/cli/cli.js"), "serve", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => (process.exitCode = code ?? 1));
