import { toBase64 } from "./bytes.js";
import { requireText } from "./check.js";

/** @typedef {import("../index.js").AwsKey & { expiresAt: number }} KnownKey expiresAt is emulated time in milliseconds */

/** Access keys of AWS, by their ids. */
export function createAwsKeys() {
  /** @type {Map<string, KnownKey>} */
  const keys = new Map();
  return {
    /** @param {string} accessKeyId */
    find: (accessKeyId) => keys.get(accessKeyId),
    /**
     * @param {import("../index.js").AwsKeyOptions} options
     * @param {number} [expiresAt]
     * @returns {import("../index.js").AwsKey}
     */
    create({ accountId = "123456789012", role, user = "developer", ...given }, expiresAt = Infinity) {
      requireText({ accountId, user });
      const temporary = role !== undefined || given.sessionToken !== undefined;
      const key = {
        accessKeyId: given.accessKeyId ?? `${temporary ? "ASIA" : "AKIA"}${randomId(16)}`,
        secretAccessKey: given.secretAccessKey ?? randomBase64(30),
        ...(temporary ? { sessionToken: given.sessionToken ?? `IQoJ${randomBase64(150)}` } : {}),
        accountId,
        arn: role === undefined ? `arn:aws:iam::${accountId}:user/${user}` : `arn:aws:sts::${accountId}:assumed-role/${role}/emulator`,
      };
      keys.set(key.accessKeyId, { ...key, expiresAt });
      return key;
    },
  };
}

/** @param {number} length */
function randomId(length) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => letters[byte % 32]).join("");
}

/** @param {number} bytes a multiple of 3, so that there is no padding */
function randomBase64(bytes) {
  return toBase64(crypto.getRandomValues(new Uint8Array(bytes)));
}
