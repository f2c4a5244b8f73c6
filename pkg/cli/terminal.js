// What terminals are shown, and files and pipes are not.

export const stderr = paints(process.stderr);

/** @param {NodeJS.WriteStream} stream */
function paints(stream) {
  // https://no-color.org: any value but none.
  const coloured = Boolean(stream.isTTY) && !process.env.NO_COLOR;
  const paint = (/** @type {number} */ code) => (/** @type {string} */ text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { red: paint(31), yellow: paint(33), dim: paint(2) };
}

/** @param {string} message */
export function warn(message) {
  process.stderr.write(`${stderr.yellow("warning:")} ${message}\n`);
}

/** What came over the network must not steer a terminal. @param {string} text */
export function printable(text) {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
