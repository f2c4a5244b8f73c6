// Makes the network that Google's clients find themselves in. Only ever run inside the namespaces: it covers /etc/hosts.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { hostsFile, LINK_LOCAL } from "./hosts.mjs";

/** @param {string} folder for the hosts file, which has to stay while the namespace does */
export function prepareNetwork(folder) {
  // A new network has nothing that is up.
  if (Object.keys(networkInterfaces()).length > 0) throw new Error("this is not a network of the suite's own");
  const file = join(folder, "hosts");
  writeFileSync(file, hostsFile);
  execFileSync("ip", ["link", "set", "lo", "up"]);
  execFileSync("ip", ["address", "add", `${LINK_LOCAL}/32`, "dev", "lo"]);
  execFileSync("mount", ["--bind", file, "/etc/hosts"]);
}
