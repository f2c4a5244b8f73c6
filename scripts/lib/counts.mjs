// How many tests passed and failed, read from what a suite printed. Each reader returns { passed, failed }.

const sum = (output, pattern) => {
  const numbers = [...output.matchAll(pattern)].map(([, number]) => Number(number));
  return numbers.reduce((all, number) => all + number, 0);
};

/** libtest, and wasm-bindgen's test runner, which prints the same line. */
export const cargoTest = (output) => ({
  passed: sum(output, /^test result: \w+\. (\d+) passed;/gm),
  failed: sum(output, /^test result: \w+\. \d+ passed; (\d+) failed/gm),
});

/** node --test, whose summary begins with "#" in a file and with "ℹ" on a terminal. */
export const nodeTest = (output) => ({
  passed: sum(output, /^[#ℹ] pass (\d+)$/gm),
  failed: sum(output, /^[#ℹ] (?:fail|cancelled) (\d+)$/gm),
});

/** A suite's own closing line, the last one if there are several. */
export const closingLine = (output) => {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
};

/** A command that is one check itself: its exit code says it all. */
export const oneCheck = (_output, code) => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 });
