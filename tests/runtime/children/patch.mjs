// Puts real traps into the module's exports: the function called instead runs into `unreachable`.

// (module (func (export "trap") unreachable))
const sections = ["010401600000", "03020100", "07080104747261700000", "0a05010300000b"];
const trapModule = Buffer.from(`0061736d01000000${sections.join("")}`, "hex");
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(trapModule)).exports;

/** Tells the package's module from those that Node brings along, such as its HTTP parser. */
export const isOurs = ({ exports }) => "room" in exports;

/** Exports that belong to the glue, which calls them between the real ones. */
const glue = /^__|^memory$/;

/** How many calls into the module there were, and questions among them; which one is to trap, and how many did. */
export const plan = { calls: 0, questions: 0, trapAt: undefined, trapped: 0 };

/** Has the next call into the module trap. */
export function trapNext(after = 0) {
  plan.trapAt = plan.calls + after + 1;
}

const { Instance } = WebAssembly;
/** Stands in for the real constructor, so that every export goes through us. */
WebAssembly.Instance = function (...given) {
  const instance = new Instance(...given);
  if (!isOurs(instance)) return instance;
  const exports = { ...instance.exports };
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== "function" || glue.test(name)) continue;
    exports[name] = (...values) => {
      plan.calls += 1;
      if (name === "call") plan.questions += 1;
      if (plan.calls !== plan.trapAt) return value(...values);
      plan.trapped += 1;
      return trap();
    };
  }
  return { exports };
};
