// The lines that people read: aligned, coloured on terminals only, and free of secrets.
const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);

/** What may not be printed: a JWT, or a private key. */
const secret = /eyJ[\w-]{16,}|PRIVATE KEY/;

const failures = [];
let count = 0;

export function section(title) {
  console.log(`\n${paint(1, title)}`);
}

/**
 * One step: its name, what came of it, whether that is what was to come, and how long it took.
 *
 * @param {string} name
 * @param {{ is: string, ok: boolean, expected?: string, ms?: number }} outcome
 */
export function step(name, { is, ok, expected, ms }) {
  count += 1;
  if (secret.test(is + expected)) [is, ok, expected] = ["[a secret, not shown]", false, "no secret in what is shown"];
  if (!ok) failures.push(name);
  const mark = ok ? paint(32, "ok") : paint(31, "!!");
  const time = ms === undefined ? "" : duration(ms);
  const margin = " ".repeat(31);
  console.log(`  ${mark}  ${name.padEnd(14)}  ${paint(2, time.padStart(7))}  ${is.replaceAll("\n", `\n${margin}`)}`);
  if (!ok && expected) console.log(`${margin}expected: ${expected}`);
}

/** The closing line; true where every step did what it says. */
export function closing(ms) {
  const failed = failures.length === 0 ? "" : `; not: ${failures.join(", ")}`;
  console.log(`\n${count - failures.length} of ${count} steps did what they say, in ${(ms / 1000).toFixed(1)} s${failed}`);
  return failures.length === 0;
}

function duration(ms) {
  return ms < 1000 ? `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
