// Whose tokens a command works with.
import { readFile } from "node:fs/promises";
import { createUserCredential } from "../runtime/user-node.js";
import { Failure, usage } from "./failure.js";
import { openUser, USER } from "./users.js";

/** The flags that say so. Neither takes a secret: those are in files. */
export const WHOSE = {
  ...USER,
  credential: { value: "FILE", help: "a credential file of any type; default: the search" },
};

/**
 * What a session takes as `credential`; undefined: what it finds itself.
 *
 * @param {import("./commands.js").Values} values
 */
export async function readWhose({ "user-file": user, credential }) {
  if (user && credential) throw usage("give -u or --credential, not both.");
  if (credential) return readText(credential, "credential file");
  if (!user) return undefined;
  const place = await openUser(user);
  return createUserCredential({ store: place.store, user: place.user });
}

/**
 * @param {string} path
 * @param {string} what
 */
export async function readText(path, what) {
  try {
    return await readFile(path, "utf8");
  } catch (/** @type {any} */ thrown) {
    throw new Failure("unreadable", `the ${what} ${path} cannot be read (${thrown.code ?? thrown.message}).`);
  }
}

/** Scopes, with commas or spaces between them. @param {string} text */
export function readScopes(text) {
  const scopes = text.split(/[\s,]+/).filter(Boolean);
  if (scopes.length === 0) throw usage("--scopes names no scope. Give them as --scopes openid,email.");
  return scopes;
}
