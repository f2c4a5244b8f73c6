// Records in Redis, whose scripts run one at a time.
import { decoder, encoder } from "../core.js";
import { bare, invalid, isFunction, isObject, isString } from "../options.js";
import { readKey } from "./keys.js";
import { orUnavailable } from "./unavailable.js";

/** Milliseconds by Redis's own clock, in digits: its numbers have too few. */
const NOW = "local t = redis.call('TIME') local now = t[1] .. string.format('%03d', math.floor(t[2] / 1000))";
const READ = `${NOW} local r = redis.call('HMGET', KEYS[1], 'text', 'base64', 'version', 'written_at') r[5] = now return r`;
const WRITE = `${NOW}
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4], 'version', ARGV[2], 'written_at', now)
return 1`;

/**
 * @param {any} client
 * @param {{ prefix?: string }} [options]
 * @returns {import("./index.d.ts").Store}
 */
export function redisStore(client, options) {
  if (!isObject(client) || !(isFunction(client.call) || isFunction(client.sendCommand)))
    throw invalid("redisStore takes a client of the package redis, or ioredis, that is connected.");
  const { prefix = "cloud-run-auth:", ...rest } = bare("what redisStore takes", options);
  if (!isString(prefix) || Object.keys(rest).length > 0) throw invalid("what redisStore takes is { prefix }, a text.");

  /** @param {string[]} command */
  const send = (command) => (isFunction(client.call) ? client.call(...command) : client.sendCommand(command));

  return {
    read: (key) =>
      orUnavailable("read from Redis", async () => {
        const [text, base64, version, writtenAt, now] = (await send(["EVAL", READ, "1", prefix + readKey(key)])).map(asText);
        if (!version) return null;
        const value = base64 ? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) : encoder.encode(text ?? "");
        return { value, version, writtenAt: Number(writtenAt), serverNow: Math.max(Number(now), Number(writtenAt)) };
      }),
    write: (key, value, expected) =>
      orUnavailable("written to Redis", async () => {
        const version = crypto.randomUUID();
        const taken = await send(["EVAL", WRITE, "1", prefix + readKey(key), expected ?? "", version, ...written(value)]);
        return Number(taken) === 1 ? { version } : "conflict";
      }),
  };
}

/**
 * As text where it is one, for people who look at it; clients take other bytes for text, too.
 *
 * @param {Uint8Array} value
 */
function written(value) {
  const text = decoder.decode(value);
  const again = encoder.encode(text);
  if (again.length === value.length && again.every((byte, at) => byte === value[at])) return ["text", text];
  let binary = "";
  for (const byte of value) binary += String.fromCharCode(byte);
  return ["base64", btoa(binary)];
}

/** Clients give texts, or bytes where they are told to. @param {unknown} given */
function asText(given) {
  if (given === null || given === undefined) return undefined;
  return given instanceof Uint8Array ? decoder.decode(given) : String(given);
}
