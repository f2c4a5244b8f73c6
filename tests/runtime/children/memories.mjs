// The module's whole memory, for scripts that look through it: imported before the package.

/** @type {WebAssembly.Memory[]} */
export const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    // Not the memory of Node's own HTTP parser.
    if ("room" in this.exports) memories.push(this.exports.memory);
  }
};

/** Whether those bytes or that text stand anywhere in it. */
export const find = (what) => memories.some(({ buffer }) => Buffer.from(buffer).includes(what));
