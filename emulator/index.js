import { consentBy } from "./lib/consent-by.js";
import { dispatch } from "./lib/dispatch.js";
import { mintIapAssertion } from "./lib/iap.js";
import { ISSUER_PATH, mintSubjectToken } from "./lib/issuer.js";
import { endpoints } from "./lib/routes.js";
import { createState } from "./lib/state.js";

/** @typedef {import("./index.js").Emulator} Emulator */

/** @type {typeof import("./index.js").createEmulator} */
export function createEmulator(options = {}) {
  const state = createState(options);

  /** @type {Emulator} */
  const emulator = {
    fetch(
      /** @type {Request | string | URL} */ input,
      /** @type {(import("./index.js").RequestContext & RequestInit) | undefined} */ init,
    ) {
      // What a Request comes with may also be a runtime's own, such as Deno's connection or a Worker's environment.
      if (typeof input === "string" || input instanceof URL) return dispatch(emulator, state, new Request(input, init));
      return dispatch(emulator, state, input, { rawTarget: init?.rawTarget, clientCertificate: init?.clientCertificate });
    },
    createServiceAccountKey: (wanted = {}) => state.accounts.create(wanted),
    addServiceAccount: (key, delegation = {}) => state.accounts.add(key, delegation),
    createServiceAccount: state.accounts.addKeyless,
    removeServiceAccount: state.accounts.remove,
    allowImpersonation(grant) {
      state.impersonation.allow(grant);
      state.accounts.open(grant.target);
    },
    disallowImpersonation: state.impersonation.disallow,
    createAuthorizedUser: (wanted = {}) => state.users.create(wanted),
    createExternalAuthorizedUser: (wanted = {}) => state.users.createExternal(wanted),
    setUserState: state.users.setState,
    createOAuthClient: (wanted = {}) => state.clients.register(wanted, state.origin ?? "https://accounts.google.com"),
    addPerson: state.people.add,
    consent: (url, decision) => consentBy(emulator, url, decision),
    consentDevice: (code, decision) => consentBy(emulator, `${deviceUrl(emulator)}?user_code=${encodeURIComponent(code)}`, decision),
    addProvider: state.providers.add,
    issueSubjectToken: async (wanted) =>
      mintSubjectToken(state, { ...wanted, issuer: wanted.issuer ?? knownOrigin(emulator) + ISSUER_PATH }),
    issueIapAssertion: async (wanted) => mintIapAssertion(state, wanted),
    createGitHubJob: (wanted = {}) => state.githubJobs.add(wanted, knownOrigin(emulator)),
    configureAzure({ subject, clientId }) {
      if (subject !== undefined) state.azure.subject = subject;
      if (clientId !== undefined) state.azure.clientId = clientId;
    },
    createAwsKey: (wanted = {}) => state.awsKeys.create(wanted),
    configureImds: (wanted) => state.imds.configure(wanted),
    configureMetadata: state.metadata.configure,
    addService: (name, wanted = {}) => publicService(emulator, state, state.services.add(name, wanted)),
    addBucket(name, wanted = {}) {
      state.storage.add(name, wanted);
      return { name, remove: () => state.storage.remove(name) };
    },
    async rotateKeys({ keep = true } = {}) {
      await Promise.all([state.signingKeys.rotate(keep), state.iapKeys.rotate(keep)]);
      state.certsSince = undefined;
      if (!keep) state.metadata.kept.clear();
    },
    log: state.log.entries,
    addFault: (fault) => state.faults.add(fault, endpoints),
    clearFaults: state.faults.clear,
    reset() {
      state.log.clear();
      state.faults.clear();
      state.accessTokens.clear();
      state.metadata.kept.clear();
      state.imds.sessions.clear();
      state.storage.clear();
      state.uploads.clear();
      for (const pending of [state.consents, state.codes, state.devices, state.userCodes]) pending.clear();
      state.imds.key = undefined;
      state.clock.reset();
    },
    clock: state.clock,
    get origin() {
      return state.origin;
    },
    set origin(origin) {
      state.origin = origin === undefined ? undefined : new URL(origin).origin;
    },
  };
  return emulator;
}

/**
 * @param {Emulator} emulator
 * @param {import("./lib/state.js").State} state
 * @param {import("./lib/services.js").ServiceRecord} record
 * @returns {import("./index.js").Service}
 */
function publicService(emulator, state, record) {
  return {
    name: record.name,
    get url() {
      return `${knownOrigin(emulator)}/run/${record.name}`;
    },
    remove: () => state.services.remove(record),
  };
}

/** @param {Emulator} emulator */
function deviceUrl({ origin }) {
  return `${origin ?? "https://accounts.google.com"}/device`;
}

/** @param {Emulator} emulator */
function knownOrigin({ origin }) {
  if (origin === undefined) throw new Error("the emulator's origin is not known yet: serve it, or give the option origin");
  return origin;
}
