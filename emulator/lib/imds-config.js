import { requireText } from "./check.js";
import { randomHex } from "./random.js";

/** @typedef {import("../index.js").AwsKey & { expiresAt: number }} RoleKey */

/** What EC2's instance metadata service says, and its sessions. */
export function createImds() {
  const settings = {
    enabled: true,
    accountId: "123456789012",
    role: "emulator-role",
    zone: "us-east-1a",
    requireSession: true,
    keyLifetime: 21_600,
  };
  /** Ends of sessions by their tokens, in emulated milliseconds. @type {Map<string, number>} */
  const sessions = new Map();
  return {
    settings,
    sessions,
    /** The role's present key. @type {RoleKey | undefined} */
    key: undefined,
    /** @param {number} end */
    openSession(end) {
      const token = `AQAE${randomHex(52)}==`;
      sessions.set(token, end);
      return token;
    },
    /** @param {import("../index.js").ImdsOptions} options */
    configure(options) {
      const { accountId, role, zone, ...others } = { ...settings, ...withoutUndefined(options) };
      requireText({ accountId, role, zone });
      const { enabled, requireSession, keyLifetime, ...unknown } = others;
      const [strange] = Object.keys(unknown);
      if (strange !== undefined) throw new TypeError(`the instance metadata service has no setting ${strange}`);
      if (!(keyLifetime > 0)) throw new TypeError("keyLifetime must be above 0 seconds");
      Object.assign(settings, { enabled: Boolean(enabled), accountId, role, zone, requireSession: Boolean(requireSession), keyLifetime });
      this.key = undefined;
    },
  };
}

/** @param {object} options */
function withoutUndefined(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
