// Opens a URL in the user's browser.
import { spawn } from "node:child_process";

/**
 * @param {string} url
 * @returns {Promise<boolean>} Whether a program could be started
 */
export async function openBrowser(url) {
  for (const [program, ...words] of programs(url)) if (await starts(program, words)) return true;
  return false;
}

/** The commands to try. None of them is read by a shell. @param {string} url @returns {string[][]} */
function programs(url) {
  const { BROWSER: own } = process.env;
  // As others read it: commands with colons between them, in which %s stands for the URL.
  if (own)
    return own
      .split(process.platform === "win32" ? ";" : ":")
      .map((command) => command.split(/\s+/).filter(Boolean))
      .filter((words) => words.length > 0)
      .map((words) => (words.some((word) => word.includes("%s")) ? words.map((word) => word.replace("%s", () => url)) : [...words, url]));
  if (process.platform === "darwin") return [["open", url]];
  // `start` is the shell's own, and would read the URL's ampersands.
  if (process.platform === "win32") return [["rundll32", "url.dll,FileProtocolHandler", url]];
  return [["xdg-open", url]];
}

/** @param {string} program @param {string[]} words @returns {Promise<boolean>} */
function starts(program, words) {
  return new Promise((resolve) => {
    const child = spawn(program, words, { stdio: "ignore", detached: true });
    child.on("error", () => resolve(false)).on("spawn", () => resolve(true));
    child.unref();
  });
}
