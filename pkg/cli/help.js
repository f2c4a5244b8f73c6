// What --help prints.
import { commands } from "./commands.js";

const CODES = `Exit codes:
  0   done
  1   failed
  2   a wrong command, flag or value
  3   nobody is logged in with the user's file, or what is needed was not granted: log in
  22  with call --fail: the service answered with a status of 400 or more
  28  it took too long
`;

const ENVIRONMENT = `Environment:
  GOOGLE_APPLICATION_CREDENTIALS   the credential file, where no flag names one
  CLOUD_RUN_AUTH_EMULATOR          the origin of an emulator on this machine, in place of Google
  NO_COLOR                         print without colours
`;

export function generalHelp() {
  return `Usage: cloud-run-auth COMMAND [flags]

Calls private services of Google Cloud, with any credential that Google knows.

Commands:
${table(Object.entries(commands).map(([name, { summary }]) => [name, summary]))}
cloud-run-auth COMMAND --help tells more of one. --version prints the version.

Without -u or --credential the credential is looked for as Google's own libraries do: what
GOOGLE_APPLICATION_CREDENTIALS names, gcloud's file, the metadata server, gcloud itself.

${ENVIRONMENT}
${CODES}`;
}

/**
 * @param {string} name
 * @param {import("./commands.js").About} about
 */
export function commandHelp(name, { usage, text, flags, examples }) {
  const rows = Object.entries(flags).map(([flag, { short, value, help }]) => [
    `${short ? `-${short}, ` : "    "}--${flag}${value ? ` ${value}` : ""}`,
    help,
  ]);
  return `Usage: cloud-run-auth ${name} ${usage}

${text}

Flags:
${table([...rows, ["-h, --help", "print this"]])}
Examples:
${examples.map((example) => `  ${example}\n`).join("")}`;
}

/** Two columns; what does not fit the first has a line of its own. @param {string[][]} rows */
function table(rows) {
  const width = Math.min(28, Math.max(...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => {
      const first = left.length > width ? `${left}\n${" ".repeat(width + 2)}` : left.padEnd(width);
      return `  ${first}  ${right.replaceAll("\n", `\n${" ".repeat(width + 4)}`)}\n`;
    })
    .join("");
}
