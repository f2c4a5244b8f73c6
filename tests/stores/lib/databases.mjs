// Redis and PostgreSQL for a test of its own: in a folder and at a port of theirs, and gone afterwards.
import { execFile, spawn } from "node:child_process";
import { chmod, chown, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../../runtime/client/check.js";
import { freePort } from "./port.mjs";

const run = promisify(execFile);
/** Long enough for a busy machine. */
const START = 20_000;

/** @param {string} folder */
export async function startRedis(folder) {
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "no", daemonize: "no" };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const stop = begin("redis-server", words, {});
  await eventually(() => run("redis-cli", ["-p", String(port), "ping"]), START);
  return { spec: `redis:${port}`, port, stop };
}

/** @param {string} folder */
export async function startPostgres(folder) {
  const port = await freePort();
  const [versions] = [await readdir("/usr/lib/postgresql").catch(() => [])];
  const programs = versions.length > 0 ? `/usr/lib/postgresql/${versions.sort((a, b) => b - a)[0]}/bin/` : "";
  const data = join(folder, "postgres");
  await mkdir(data);
  // It does not run for root.
  const owner = process.getuid() === 0 ? await idsOf("postgres") : {};
  if (owner.uid !== undefined) {
    await chmod(folder, 0o755);
    await chown(data, owner.uid, owner.gid);
  }
  const place = { ...owner, cwd: data };
  await run(`${programs}initdb`, ["-D", data, "-U", "tests", "-A", "trust", "--no-sync", "-E", "UTF8"], place);
  const stop = begin(`${programs}postgres`, ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", data, "-F"], place);
  await eventually(() => run(`${programs}pg_isready`, ["-h", "127.0.0.1", "-p", String(port), "-U", "tests", "-d", "postgres"]), START);
  return { spec: `postgres:${port}`, port, stop };
}

async function idsOf(name) {
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => Number((await run("id", [flag, name])).stdout)));
  return { uid, gid };
}

/** A process that ends with its test, or with this process. */
function begin(program, words, options) {
  const child = spawn(program, words, { stdio: "ignore", ...options });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const end = () => child.kill("SIGINT");
  process.once("exit", end);
  return async () => {
    process.off("exit", end);
    child.kill("SIGINT");
    await ended;
  };
}
