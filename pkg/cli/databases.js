// Users' tokens in databases, by the packages that the project at hand has installed for them.
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { closing } from "./closing.js";
import { Failure, usage } from "./failure.js";
import { lookAt, touch } from "./private-file.js";

const CONNECT_MS = 10_000;
/** What is at work for each scheme. @type {Record<string, (url: URL, lasts?: boolean) => Promise<import("../stores/index.d.ts").Store>>} */
const OPENERS = {
  "redis:": openRedis,
  "rediss:": openRedis,
  "postgres:": openPostgres,
  "postgresql:": openPostgres,
  "sqlite:": openSqlite,
};

/** @param {string} text */
export function isDatabase(text) {
  return URL.canParse(text) && Object.hasOwn(OPENERS, new URL(text).protocol);
}

/**
 * @param {string} text A URL whose fragment names the record
 * @returns {Promise<import("./users.js").Place>}
 */
export async function openDatabase(text) {
  const url = new URL(text);
  const user = decodeURIComponent(url.hash.slice(1));
  if (!user) throw usage(`-u names no record. Give it behind a #, as ${url.protocol}//…#users/ada.`);
  // Whoever looks at the machine's processes would see it.
  if (url.password)
    throw usage("the URL of -u holds a password, which others could see. Give it in the environment: PGPASSWORD, or REDISCLI_AUTH.");
  url.hash = "";
  return { store: await OPENERS[url.protocol](url), user, shown: `${text}` };
}

/** The same for whoever stays: connections that are lost are made anew. @param {URL} url */
export function openDatabaseStore(url) {
  return OPENERS[url.protocol](url, true);
}

/** @param {URL} url @param {boolean} [lasts] */
async function openRedis(url, lasts) {
  const { createClient } = await fromProject("redis");
  const { redisStore } = await import("../stores/redis.js");
  let was = false;
  // What could not be connected to at first is told at once.
  const reconnectStrategy = (/** @type {number} */ tries) => (lasts && was ? Math.min(tries * 50, 2000) : false);
  const socket = { connectTimeout: CONNECT_MS, reconnectStrategy };
  const password = process.env.REDISCLI_AUTH;
  // While there is no connection, nobody waits for one.
  const client = createClient({ url: url.href, socket, disableOfflineQueue: Boolean(lasts), ...(password && { password }) });
  // Whoever waits for an answer is told of it.
  client.on("error", () => {});
  await connected(url, () => client.connect());
  was = true;
  closing.push(() => client.close());
  return redisStore(client);
}

/** @param {URL} url */
async function openPostgres(url) {
  const { default: pg } = await fromProject("pg");
  const { postgresStore } = await import("../stores/postgres.js");
  const pool = new pg.Pool({ connectionString: url.href, max: 2, connectionTimeoutMillis: CONNECT_MS });
  pool.on("error", () => {});
  closing.push(() => pool.end());
  await connected(url, () => pool.query("select 1"));
  return postgresStore(pool);
}

/** @param {URL} url */
async function openSqlite(url) {
  const { sqliteStore } = await import("../stores/sqlite.js");
  // sqlite:users.db is beside, sqlite:///var/lib/users.db is where it says.
  const path = url.pathname.startsWith("/") ? fileURLToPath(`file://${url.pathname}`) : decodeURIComponent(url.pathname);
  const { default: Database } = await fromProject("better-sqlite3");
  await lookAt(path, path);
  const database = await connected(url, async () => {
    // What SQLite makes itself others could read.
    await touch(path);
    return new Database(path);
  });
  closing.push(() => database.close());
  return sqliteStore(database);
}

/**
 * A package of the project that the command is run in.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
async function fromProject(name) {
  try {
    const path = createRequire(join(process.cwd(), "package.json")).resolve(name);
    return await import(pathToFileURL(path).href);
  } catch {
    throw new Failure("missing_package", `the package ${name} is not installed in this folder's project. Run: npm install ${name}`);
  }
}

/**
 * @template T
 * @param {URL} url
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function connected(url, act) {
  try {
    return await act();
  } catch (/** @type {any} */ thrown) {
    const why = thrown?.code ?? thrown?.name ?? "an unknown fault";
    throw new Failure("store_unavailable", `the database at ${url.host || url.pathname} could not be opened (${why}).`);
  }
}
