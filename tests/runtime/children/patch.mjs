// Puts real traps into the module's exports: the function called instead runs into `unreachable`.
import { Buffer } from "node:buffer";

// (module (func (export "trap") unreachable))
const sections = ["010401600000", "03020100", "07080104747261700000", "0a05010300000b"];
const trapModule = Buffer.from(`0061736d01000000${sections.join("")}`, "hex");
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(trapModule)).exports;

/** Tells the package's module from those that Node brings along. */
export const isOurs = ({ exports }) => Object.keys(exports).some((name) => name.startsWith("__wbindgen"));

/** Names of exports that belong to the glue, which nobody calls as such. */
const glue = /^(__|memory)/;

/** @type {Set<string>} */
export const names = new Set();
/** Which export traps, after how many more of its calls, and which one did. */
export const plan = { next: undefined, after: 0, trapped: undefined };

const { Instance } = WebAssembly;
/** Stands in for the real constructor, so that every export goes through us. Node's own modules (its HTTP parser) are left alone. */
WebAssembly.Instance = function (...given) {
  const instance = new Instance(...given);
  if (!isOurs(instance)) return instance;
  const exports = { ...instance.exports };
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== "function" || glue.test(name)) continue;
    names.add(name);
    exports[name] = (...values) => {
      if (plan.next !== name || plan.after-- > 0) return value(...values);
      plan.next = undefined;
      plan.trapped = name;
      return trap();
    };
  }
  return { exports };
};
