import { dispatch } from "./lib/dispatch.js";
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
      return dispatch(emulator, state, input, init?.rawTarget);
    },
    createServiceAccountKey: (wanted = {}) => state.accounts.create(wanted),
    addServiceAccount: (key, delegation = {}) => state.accounts.add(key, delegation),
    removeServiceAccount: state.accounts.remove,
    addService: (name, wanted = {}) => publicService(emulator, state, state.services.add(name, wanted)),
    async rotateKeys({ keep = true } = {}) {
      await state.signingKeys.rotate(keep);
      state.certsSince = undefined;
    },
    log: state.log.entries,
    addFault: (fault) => state.faults.add(fault, endpoints),
    clearFaults: state.faults.clear,
    reset() {
      state.log.clear();
      state.faults.clear();
      state.accessTokens.clear();
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
      if (emulator.origin === undefined) throw new Error("the emulator's origin is not known yet: serve it, or give the option origin");
      return `${emulator.origin}/run/${record.name}`;
    },
    remove: () => state.services.remove(record),
  };
}
