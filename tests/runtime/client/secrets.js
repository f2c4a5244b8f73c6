// Looks for keys and tokens in everything that an error shows of itself.
import { CheckFailed } from "./check.js";

/** Goes with every made-up secret, so that any piece of it is recognised. */
export const CANARY = "c4n4ry";

const JWT = /eyJ[\w-]{8,}\.[\w-]{8,}/;

/**
 * @param {unknown} error
 * @param {string[]} secrets
 * @param {((value: unknown) => string) | undefined} inspect the runtime's own, where it has one
 */
export function holdsNoSecret(error, secrets, inspect) {
  for (const [where, text] of faces(error, inspect)) {
    const found = [CANARY, ...secrets].find((secret) => text.includes(secret)) ?? JWT.exec(text)?.[0];
    if (found) throw new CheckFailed(`a secret (${found.slice(0, 12)}…) is in the error's ${where}: ${text.slice(0, 300)}`);
  }
}

/** The lines of a key: long enough that none of them appears anywhere by chance. */
export function secretsOf(pem) {
  return pem.split("\n").filter((line) => line.length >= 20 && !line.startsWith("-----"));
}

function faces(error, inspect, depth = 0) {
  const found = [];
  const add = (where, make) => {
    try {
      found.push([`${"cause's ".repeat(depth)}${where}`, String(make())]);
    } catch {
      // What cannot be shown shows nothing.
    }
  };
  add("text", () => error);
  add("JSON", () => JSON.stringify(error));
  if (inspect) add("inspection", () => inspect(error));
  if (error === null || typeof error !== "object") return found;
  for (const name of Reflect.ownKeys(error)) add(String(name), () => show(error[name]));
  add("stack", () => error.stack);
  add("message", () => error.message);
  if (depth < 4 && error.cause !== undefined) found.push(...faces(error.cause, inspect, depth + 1));
  return found;
}

function show(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
