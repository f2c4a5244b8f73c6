// The settings of the token service, by the environment: one table, which help, .env.example and the reading of them are made of.
import { usage } from "../failure.js";

/**
 * @typedef {object} Setting
 * @property {string} name Without the prefix
 * @property {string} [usual] Its default, as it would be written
 * @property {string} help
 * @property {boolean} [secret] Whether its value is never shown, and may be in a file that NAME_FILE names
 * @property {(text: string, name: string) => any} read
 */

export const PREFIX = "AUTH_JIT_";

/** @type {Setting[]} */
export const SETTINGS = [
  { name: "HOST", usual: "127.0.0.1", help: "the address to listen on; 0.0.0.0 in a container", read: word },
  { name: "PORT", usual: "8000", help: "the port to listen on; 0 takes any that is free", read: number(0, 65_535) },
  {
    name: "ENVIRONMENT",
    usual: "development",
    help: "development or production; production wants an https issuer and a store that outlives\nthe process",
    read: oneOf("development", "production"),
  },
  { name: "LOG_LEVEL", usual: "info", help: "error, warning, info or debug", read: oneOf("error", "warning", "info", "debug") },
  { name: "RELOAD", usual: "false", help: "restart when .env or the program changes, for development", read: flag },
  { name: "WORKERS", usual: "1", help: "processes that share the port", read: number(1, 64) },
  {
    name: "ISSUER",
    help: "the service's URL, as callers and backends know it;\ndefault in development: http://HOST:PORT",
    read: word,
  },
  { name: "AUDIENCES", usual: "", help: "whom tokens of callers may be for besides, with spaces between", read: words },
  { name: "POLICY", usual: "policy.toml", help: "the policy's file; it is read again whenever it changes", read: word },
  {
    name: "SECRET",
    secret: true,
    help: "what the records are sealed with: 32 characters or more, random. There is no default.\nMake one: openssl rand -base64 32",
    read: secret,
  },
  {
    name: "OLD_SECRETS",
    secret: true,
    usual: "",
    help: "secrets that records may still be sealed with, with spaces between",
    read: (text, name) => words(text).map((one) => secret(one, name)),
  },
  {
    name: "STORE_URL",
    usual: "memory:",
    help: "where keys and logins are kept: memory:, file:FOLDER, gs://BUCKET/PREFIX,\nredis://…, postgres://… or sqlite:FILE",
    secret: true,
    read: word,
  },
  { name: "ACCESS_TTL", usual: "10m", help: "how long an access token lives: ten minutes at the most", read: time },
  { name: "LOGIN_TTL", usual: "24h", help: "how long a login lasts, however often it is refreshed", read: time },
  { name: "KEY_TTL", usual: "30d", help: "after how long a signing key gets a successor", read: time },
  {
    name: "METRICS",
    usual: "loopback",
    help: "who may see /metrics and /api/status: loopback, open or off",
    read: oneOf("loopback", "open", "off"),
  },
  {
    name: "METADATA",
    usual: "off",
    help: "who may come to the metadata door: off, loopback or open;\nthe policy's [metadata] says as whom",
    read: oneOf("off", "loopback", "open"),
  },
  {
    name: "ASSETS",
    usual: "",
    help: "where the pages get swagger-ui-dist and redoc from;\ndefault: the packages installed here, else jsDelivr",
    read: word,
  },
  {
    name: "CLIENT_FILE",
    usual: "",
    help: "the file of an OAuth client of Google's, by which people log in with a browser, at\n/api/auth/web/login; its redirect URI is ISSUER/api/auth/web/callback",
    read: word,
  },
  {
    name: "OPENTELEMETRY_ENDPOINT",
    usual: "",
    help: "where to send traces and metrics, by OTLP over HTTP, as http://127.0.0.1:4318;\nneeds the package @opentelemetry/sdk-node",
    read: word,
  },
];

/**
 * What an environment says. Names that begin as ours do and are not known are an error: a name with a slip in it would be a setting
 * that silently does not hold.
 *
 * @param {Record<string, string | undefined>} env
 * @param {(path: string) => string} readFile
 * @returns {Record<string, any>} By their names, in small letters
 */
export function readSettings(env, readFile) {
  /** @type {Record<string, any>} */
  const read = {};
  const names = new Set();
  for (const { name, usual, secret, read: parse } of SETTINGS) {
    const whole = PREFIX + name;
    names.add(whole);
    if (secret) names.add(`${whole}_FILE`);
    const file = secret ? env[`${whole}_FILE`] : undefined;
    if (file && env[whole]) throw usage(`give ${whole} or ${whole}_FILE, not both.`);
    const given = file ? readFile(file).trim() : env[whole];
    const text = given || usual;
    read[name.toLowerCase()] = text ? parse(text, whole) : text === "" ? parse("", whole) : undefined;
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || names.has(name)) continue;
    throw usage(`there is no setting ${name}. See cloud-run-auth serve --help for those that there are.`);
  }
  return read;
}

/** What help says of them, a row each. */
export function settingsHelp() {
  return SETTINGS.map(({ name, usual, help }) => {
    const [first, ...more] = help.split("\n");
    const head = `  ${`${PREFIX}${name}`.padEnd(34)}  `;
    const rest = more.map((line) => `\n${" ".repeat(head.length)}${line}`).join("");
    return `${head}${first}${rest}${usual ? `; default: ${usual}` : ""}\n`;
  }).join("");
}

/** @param {string} text */
function word(text) {
  return text.trim();
}

/** @param {string} text */
function words(text) {
  return text.split(/\s+/).filter(Boolean);
}

/** @param {string} text @param {string} name */
function flag(text, name) {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw usage(`${name} is neither True, true or 1, nor False, false or 0.`);
}

/** @param {number} least @param {number} most */
function number(least, most) {
  return (/** @type {string} */ text, /** @type {string} */ name) => {
    if (!/^\d{1,6}$/.test(text) || Number(text) < least || Number(text) > most)
      throw usage(`${name} is no number from ${least} to ${most}.`);
    return Number(text);
  };
}

/** @param {...string} all */
function oneOf(...all) {
  return (/** @type {string} */ text, /** @type {string} */ name) => {
    if (!all.includes(text.toLowerCase())) throw usage(`${name} is none of ${all.join(", ")}.`);
    return text.toLowerCase();
  };
}

/** Milliseconds. @param {string} text @param {string} name */
function time(text, name) {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (!count) throw usage(`${name} is no time. Give it as 90s, 10m, 24h or 30d.`);
  return Number(count) * 1000 * { s: 1, m: 60, h: 3600, d: 86_400 }[/** @type {"s"} */ (unit)];
}

/** The text itself is never shown. @param {string} text @param {string} name */
function secret(text, name) {
  if (!/^[!-~]{32,}$/.test(text)) throw usage(`${name} is under 32 characters long, or has spaces. Make one: openssl rand -base64 32`);
  return text;
}
