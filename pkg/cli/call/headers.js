// Headers, as -H gives them.
import { readText } from "../credential.js";
import { usage } from "../failure.js";

/**
 * @param {Record<string, string>} usual
 * @param {string[]} lines
 * @returns {Promise<Headers>}
 */
export async function readHeaders(usual, lines) {
  const headers = new Headers(usual);
  const own = new Headers();
  for (const line of lines) {
    const all = line.startsWith("@") ? (await readText(line.slice(1), "file of headers")).split(/\r?\n/).filter(Boolean) : [line];
    for (const one of all) add(headers, own, one);
  }
  for (const [name, value] of own) headers.set(name, value);
  return headers;
}

/**
 * `Name: value`; `Name:` leaves out one that is usual; `Name;` has no value.
 *
 * @param {Headers} usual
 * @param {Headers} own
 * @param {string} line
 */
function add(usual, own, line) {
  const [, name, mark, value] = /^([^\s:;]+)([:;])(.*)$/s.exec(line) ?? [];
  try {
    if (mark === ":" && value.trim() === "") usual.delete(name);
    else if (name && (mark === ":" || value === "")) own.append(name, value);
    else throw line;
  } catch {
    // The line itself may hold a secret.
    throw usage("a header is not as HTTP has it. Give each as 'Name: value', in one line.");
  }
}
