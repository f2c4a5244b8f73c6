// The names of records.
import { invalid, isString } from "../options.js";

/** A lone surrogate cannot be written as UTF-8: two of them would be one name. */
const KEY = /^[^\p{Cc}\p{Cs}]{1,512}$/u;

/** @param {unknown} key @returns {key is string} */
export const isKey = (key) => isString(key) && KEY.test(key);

/** @param {unknown} key */
export function readKey(key) {
  if (isKey(key)) return key;
  throw invalid("the name of a record is not 1 to 512 characters without control characters.");
}
