// Runs a program again in a network and a mount namespace of its own, in the first way that this machine allows.
import { spawnSync } from "node:child_process";
import { LINK_LOCAL } from "./hosts.mjs";

const INSIDE = "GOOGLE_CLIENTS_INSIDE";

// All that the suite needs in there. Some systems allow a user namespace and then nothing within it.
const PROBE = `ip link set lo up && ip address add ${LINK_LOCAL}/32 dev lo && mount --bind /dev/null /etc/hosts`;

/** @type {{ title: string, applies: boolean, command: string[] }[]} */
const ways = [
  { title: "as root", applies: isRoot(), command: ["unshare", "--net", "--mount"] },
  { title: "in a user namespace", applies: true, command: ["unshare", "--user", "--map-root-user", "--net", "--mount"] },
  { title: "by sudo", applies: !isRoot(), command: ["sudo", "-n", "unshare", "--net", "--mount"] },
];

// sudo hands none of them on.
const kept = ["PATH", "TMPDIR", "CI", "NO_COLOR", "GOOGLE_CLIENTS_PYTHON"].filter((name) => process.env[name] !== undefined);
const settings = [`${INSIDE}=yes`, ...kept.map((name) => `${name}=${process.env[name]}`)];

export const isInside = process.env[INSIDE] !== undefined;

/**
 * Never returns: the program ends with the exit code of its second self.
 *
 * @param {string} script
 * @param {string[]} options
 */
export function enter(script, options) {
  const refusals = [];
  for (const { title, command } of ways.filter(({ applies }) => applies)) {
    const trouble = run([...command, "sh", "-c", PROBE]);
    if (trouble) {
      refusals.push(`  ${title}: ${trouble}`);
      continue;
    }
    const again = ["env", ...settings, process.execPath, script, ...options];
    const { status, signal } = spawnSync(command[0], [...command.slice(1), ...again], { stdio: "inherit" });
    process.exit(status ?? (signal ? 1 : 0));
  }
  console.error(`${needs}\nThis machine refuses it:\n${refusals.join("\n")}`);
  process.exit(1);
}

const needs = `Google's clients have the names of Google's servers written into them, so these tests need a network namespace and a mount
namespace of their own (unshare, mount and ip, of util-linux and iproute2): as root with CAP_SYS_ADMIN and CAP_NET_ADMIN, or with
unprivileged user namespaces (kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu), or with a sudo that asks for no password.`;

/**
 * @param {string[]} command
 * @returns {string | undefined} what went wrong
 */
function run([program, ...rest]) {
  const { status, error, stderr } = spawnSync(program, rest, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  if (error) return error.message;
  return status === 0 ? undefined : stderr.trim() || `exit code ${status}`;
}

function isRoot() {
  return process.getuid?.() === 0;
}
