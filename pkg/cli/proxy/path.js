// Where a request's path leads to at the service: below the base URL, as a session has it.
import { ready } from "../../core.js";
import { bare, readOptions } from "../../options.js";
import { below, findPlace } from "../../place.js";

/**
 * The path as it is to be sent, byte by byte as it came.
 *
 * @param {URL} target
 * @param {string} asked
 */
export async function pathAt(target, asked) {
  const prefix = target.pathname.replace(/\/+$/, "");
  if (prefix) {
    // There is something above the base that a path could climb to.
    await ready();
    const config = readOptions(target, bare("options"));
    below(config, findPlace(config)[0], asked);
  }
  return prefix + asked;
}
