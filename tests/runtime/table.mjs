// What people read of a run: the table of groups x runtimes, why cells are empty, and every failure with its message.

const terminal = process.stdout.isTTY && !process.env.NO_COLOR && !process.env.CI;
const paint = (code, text) => (terminal ? `\x1b[${code}m${text}\x1b[0m` : text);

/** What is said of a case that a runner did not get to. */
export const noResult = "no result came";

const of = (results, outcome) => results.filter((result) => result.outcome === outcome);

/** One line when a runtime is through. */
export function progress({ title }, results) {
  const [passed, failed] = [of(results, "passed").length, of(results, "failed").length];
  const mark = failed > 0 ? paint(31, "!!") : paint(32, "ok");
  const time = results.seconds ? `${results.seconds.toFixed(1)} s` : "not here";
  console.log(`  ${mark}  ${title.padEnd(16)} ${passed} passed, ${failed} failed  ${paint(2, time)}`);
}

/** Every line begins with a bar, which is how other programs find the table. */
export function printTable(columns, suite, results) {
  const groups = [...new Set([...suite.map(({ group }) => group), ...[...results.values()].flat().map(({ group }) => group)])];
  const rows = groups
    .map((group) => [group, ...columns.map(({ name }) => cell(results.get(name).filter((result) => result.group === group)))])
    .filter(([, ...cells]) => cells.some((text) => text !== ""));
  const table = [["", ...columns.map(({ title }) => title)], ...rows];
  const widths = table[0].map((_, index) => Math.max(...table.map((row) => row[index].length)));
  const lines = table.map((row) => `| ${row.map((text, index) => pad(text, widths[index], index)).join(" | ")} |`);
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  console.log(`\n${[lines[0], rule, ...lines.slice(1)].map(coloured).join("\n")}`);
  printReasons(columns, results);
}

const pad = (text, width, index) => (index === 0 ? text.padEnd(width) : text.padStart(width));

function cell(results) {
  const applicable = results.filter(({ outcome }) => outcome !== "not applicable");
  if (results.length === 0) return "";
  if (applicable.length === 0) return "-";
  const failed = of(applicable, "failed").length;
  return `${applicable.length - failed}/${applicable.length}${failed > 0 ? " !" : ""}`;
}

const coloured = (line) => line.replaceAll(/\d+\/\d+ !/g, (text) => paint(31, text));

function printReasons(columns, results) {
  const reasons = new Map();
  for (const { name, title } of columns) {
    for (const { message, group, name: one } of of(results.get(name), "not applicable")) {
      const key = `${title}: ${message}`;
      reasons.set(key, [...(reasons.get(key) ?? []), `${group}: ${one}`]);
    }
  }
  if (reasons.size === 0) return;
  console.log("| Not applicable, and not counted above:");
  for (const [reason, cases] of reasons) {
    console.log(`|   ${reason} (${cases.length === 1 ? cases[0] : `${cases.length} cases`})`);
  }
}

/** @returns how many passed and failed in all */
export function printFailures(columns, results) {
  const totals = { passed: 0, failed: 0 };
  for (const { name, title } of columns) {
    const failures = of(results.get(name), "failed");
    totals.passed += of(results.get(name), "passed").length;
    totals.failed += failures.length;
    const silent = failures.filter(({ message }) => message === noResult);
    if (silent.length > 0)
      console.log(`\n${paint(31, "!!")} ${title} · ${silent.length} cases gave no result, the first: ${silent[0].name}`);
    for (const { group, name: one, message } of failures.filter((failure) => !silent.includes(failure))) {
      console.log(`\n${paint(31, "!!")} ${title} · ${group}: ${one}\n${message.replaceAll(/^/gm, "     ")}`);
    }
  }
  console.log("");
  return totals;
}
