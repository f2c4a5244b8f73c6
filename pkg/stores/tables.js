// Names of tables, of which none is anything else in SQL.
import { invalid, isString } from "../options.js";

/**
 * The name as SQL quotes it.
 *
 * @param {string} whose
 * @param {unknown} table
 */
export function readTable(whose, table) {
  if (!isString(table) || !/^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(table))
    throw invalid(
      `the option table of ${whose} is no name of a table: letters, digits and underscores, with a schema before a dot if need be.`,
    );
  return table
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}
