// From the words of the command line to an exit code.
import { closeAll } from "./closing.js";
import { commands } from "./commands.js";
import { explain, usage } from "./failure.js";
import { commandHelp, generalHelp } from "./help.js";
import { nearest } from "./nearest.js";
import { parse } from "./parse.js";
import { stderr } from "./terminal.js";

/**
 * @param {string[]} words
 * @returns {Promise<number>}
 */
export async function main(words) {
  let json = false;
  try {
    const [first, ...rest] = words;
    if (first === "--version" || first === "-V") return print(`${await version()}\n`);
    if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) return print(generalHelp());
    if (first === undefined) throw usage(`there is no command. Give one of ${Object.keys(commands).join(", ")}.`);
    const name = first === "help" ? rest[0] : first;
    const command = await load(name);
    if (first === "help" || asksForHelp(rest)) return print(commandHelp(name, command.about));
    // Before the words are read, because a mistake in them is to be told in that form, too.
    json = command.about.flags.json !== undefined && !command.about.flags.json.value && rest.includes("--json");
    const { values, operands, given } = parse(name, command.about, rest);
    return (await command.run(values, operands, given)) ?? 0;
  } catch (thrown) {
    const { message, code, exit } = explain(thrown);
    if (message === "") return exit;
    if (json) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else process.stderr.write(`${stderr.red("error:")} ${message} ${stderr.dim(`[${code}]`)}\n`);
    return exit;
  } finally {
    await closeAll();
  }
}

/** @param {string} name @returns {Promise<import("./commands.js").Command>} */
async function load(name) {
  if (Object.hasOwn(commands, name)) return commands[name].load();
  const meant = nearest(name, Object.keys(commands));
  throw usage(`there is no command ${JSON.stringify(name)}. ${meant ? `Did you mean ${meant}?` : "See cloud-run-auth --help."}`);
}

/** Behind `--` there are operands alone. @param {string[]} words */
function asksForHelp(words) {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? words.length : end).some((word) => word === "--help" || word === "-h");
}

/** @param {string} text */
function print(text) {
  process.stdout.write(text);
  return 0;
}

async function version() {
  const { readFile } = await import("node:fs/promises");
  return JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")).version;
}
