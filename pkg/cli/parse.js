// The words of one command, held to its flags.
import { parseArgs } from "node:util";
import { usage } from "./failure.js";
import { nearest } from "./nearest.js";

/**
 * @param {string} name The command's
 * @param {import("./commands.js").About} about
 * @param {string[]} args
 * @returns {{ values: import("./commands.js").Values, operands: string[], given: [flag: string, value: any][] }}
 */
export function parse(name, { flags, operands: wanted }, args) {
  const help = `See cloud-run-auth ${name} --help.`;
  /** @type {Record<string, { type: "string" | "boolean", short?: string, multiple?: boolean }>} */
  const options = {};
  for (const [flag, { value, short, multiple }] of Object.entries(flags))
    options[flag] = { type: value ? "string" : "boolean", ...(short && { short }), ...(multiple && { multiple }) };
  // Not strict: its own messages show the words, and know nothing of what was meant.
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  /** @type {import("./commands.js").Values} */
  const values = Object.create(null);
  /** @type {string[]} */
  const operands = [];
  /** The flags in their order. @type {[string, any][]} */
  const given = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const { name: flag, rawName, value, inlineValue } = token;
    const known = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
    if (!known) throw usage(`${name} has no flag ${rawName}. ${meant(flag, rawName, flags) ?? help}`);
    if (!known.value && value !== undefined) throw usage(`${rawName} takes no value. ${help}`);
    if (known.value && value === undefined) throw usage(`${rawName} needs a value: ${rawName} ${known.value}.`);
    // A flag whose value was forgotten would swallow the next one.
    if (known.value && !known.verbatim && !inlineValue && value?.startsWith("-") && value !== "-")
      throw usage(`${rawName} needs a value: ${rawName} ${known.value}. One that begins with a dash is given as --${flag}=${known.value}.`);
    if (!known.multiple && flag in values && known.value) throw usage(`${rawName} is given twice.`);
    given.push([flag, value ?? true]);
    if (known.multiple) (values[flag] ??= []).push(value);
    else values[flag] = value ?? true;
  }
  if (operands.length > wanted.length)
    throw usage(`${name} takes ${wanted.join(" ") || "flags alone"}, and there is one word too many, the ${nth(wanted.length)}. ${help}`);
  if (operands.length < wanted.length) throw usage(`${wanted[operands.length]} is missing. ${help}`);
  return { values, operands, given };
}

/** @param {string} flag @param {string} rawName @param {Record<string, import("./commands.js").Flag>} flags */
function meant(flag, rawName, flags) {
  const close = rawName.startsWith("--") ? nearest(flag, Object.keys(flags)) : undefined;
  return close && `Did you mean --${close}?`;
}

/** The word itself is not shown: it may be a secret that came to the wrong place. @param {number} before */
function nth(before) {
  return ["first", "second", "third"][before] ?? "last";
}
