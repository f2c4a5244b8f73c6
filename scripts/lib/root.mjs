import { fileURLToPath } from "node:url";

/** The checkout's folder, without a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** Ends the program with a message for a person; a stack would only hide it. */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
