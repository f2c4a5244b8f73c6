// Google and others as the clients find them: the emulator under their names, with a certificate that the clients trust for this run.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEmulator } from "../../../emulator/index.js";
import { serve } from "../../../emulator/node.js";
import { createAuthority } from "../certificates/authority.mjs";
import { googleHosts, LINK_LOCAL } from "../namespace/hosts.mjs";
import { workloads } from "./workload.mjs";

/** @typedef {Awaited<ReturnType<typeof openStage>>} Stage */

/** @param {string} folder */
export async function openStage(folder) {
  const authority = createAuthority("Authority of one run of the tests");
  const bundle = join(folder, "authority.pem");
  writeFileSync(bundle, authority.cert);

  const emulator = createEmulator();
  // Not as its option: then this would be the only name that counts.
  emulator.origin = "https://orders-1234567890.us-central1.run.app";
  const tls = { ...authority.issue({ name: "Google", hosts: googleHosts }), requestClientCertificate: true };
  const google = withOtherApis(emulator);
  const servers = [
    await serve(google, { port: 443, tls }),
    // To everyone on this network, where there is nobody else.
    await serve(google, { port: 80, host: LINK_LOCAL, exposeToNetwork: true }),
  ];
  let numbers = 0;
  /** @type {(() => void)[]} */
  let after = [];

  const stage = {
    emulator,
    folder,
    authority,
    /** What tells the clients to trust the certificates. */
    trust: { NODE_EXTRA_CA_CERTS: bundle, REQUESTS_CA_BUNDLE: bundle },
    api: "https://storage.googleapis.com/storage/v1/b/orders",
    /** Accounts and services are not taken away: each case has its own. */
    number: () => ++numbers,
    /** @param {string} name */
    email: (name) => `${name}-${stage.number()}@shop.iam.gserviceaccount.com`,
    /** @param {string} name */
    user: (name) => `${name}-${stage.number()}@example.com`,
    /** A service account without a key. @param {string} name */
    account: (name) => emulator.createServiceAccount({ email: stage.email(name) }).email,
    /** @param {string} name @param {object} [options] */
    key: (name, options) => emulator.createServiceAccountKey({ email: stage.email(name), ...options }),
    /** A private Cloud Run service. @param {string} invoker */
    addService: (invoker) => emulator.addService(`service-${stage.number()}`, { invokers: [invoker] }).url,
    /** @param {string} source a name in workload.mjs */
    workload: (source) => workloads[source](stage),
    /** @param {() => void} undo */
    afterwards: (undo) => void after.push(undo),
    /** @param {(entry: import("../../../emulator/index.js").LogEntry) => boolean} test */
    expectLog: (test) => assert.ok(emulator.log.some(test), "no request was as expected"),
    clear() {
      for (const undo of after) undo();
      after = [];
      emulator.reset();
    },
    /** For the message of a case that failed. */
    requests: () => emulator.log.map(({ method, path, status, outcome }) => `  ${method} ${path} ${status ?? "-"} ${outcome}`),
    close: () => Promise.all(servers.map((server) => server.close())),
  };
  return stage;
}

/**
 * The library for Python asks Resource Manager for the project's name by itself, and wants JSON from it, be it a refusal, as here.
 *
 * @param {import("../../../emulator/index.js").Emulator} emulator
 */
function withOtherApis(emulator) {
  const message = "The caller does not have permission";
  const refusal = { error: { code: 403, message, status: "PERMISSION_DENIED" } };
  return {
    origin: emulator.origin,
    /** @type {import("../../../emulator/node.js").Servable["fetch"]} */
    fetch: async (request, context) =>
      new URL(request.url).host === "cloudresourcemanager.googleapis.com"
        ? Response.json(refusal, { status: 403 })
        : emulator.fetch(request, context),
  };
}
