// A module of the core that keeps nothing between two questions, so that after a trap there is nothing to restore.
import { coreFailed, decoder, encoder } from "./core.js";
import { AuthError, fromCore } from "./errors.js";

/** @typedef {string | number | boolean | undefined} Field */
/** @typedef {WebAssembly.Module | BufferSource} Bytes */

/**
 * @param {{ __wbg_set_wasm: (exports: WebAssembly.Exports) => void, call: (length: number) => number, room: (length: number) => number }} glue
 */
export function stateless({ __wbg_set_wasm, call, room }) {
  /** Where the module comes from, as the runtime's door has told. @type {() => Bytes | Promise<Bytes>} */
  let given;
  /** @type {WebAssembly.Module} */
  let module;
  /** Of the instance that is asked; none where the next question has to begin one. @type {WebAssembly.Memory | undefined} */
  let memory;

  /** @param {string} question */
  function told(question) {
    if (!memory) {
      const { exports } = new WebAssembly.Instance(module);
      __wbg_set_wasm(exports);
      memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    }
    const { written } = encoder.encodeInto(question, lying(question.length * 3));
    return lying(call(written));
  }

  /** The memory is another one whenever it has grown: so it is looked at after the room is made. @param {number} length */
  function lying(length, at = room(length)) {
    return new Uint8Array(/** @type {WebAssembly.Memory} */ (memory).buffer, at, length);
  }

  return {
    /** @param {() => Bytes | Promise<Bytes>} give */
    useModule(give) {
      given ??= give;
    },

    /** Loads the module, once; whoever comes while it is loaded loads it, too: on Workers nobody may wait for another's promise. */
    async ready() {
      if (module) return;
      const bytes = await given();
      module ??= bytes instanceof WebAssembly.Module ? bytes : new WebAssembly.Module(bytes);
    },

    /**
     * The answer to a question. Numbers are cut to whole ones; only the last field may hold a zero character.
     *
     * @param {Field[]} fields
     * @returns {string[]}
     */
    ask(fields) {
      const question = fields.map((field) => (typeof field === "string" ? field : Math.floor(Number(field)) || "")).join("\0");
      for (let again; ; again = true) {
        try {
          const answer = decoder.decode(told(question)).split("\0");
          // Given back, it is wiped.
          room(0);
          // Each field has a zero character for its end.
          answer.pop();
          if (answer[0] === "!") throw fromCore(answer);
          return answer;
        } catch (thrown) {
          if (thrown instanceof AuthError) throw thrown;
          memory = undefined;
          if (again) throw Object.assign(coreFailed(), { cause: /** @type {any} */ (thrown).stack });
        }
      }
    },
  };
}
