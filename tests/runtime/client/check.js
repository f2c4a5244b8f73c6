// Assertions on web APIs alone: node:assert is not to be had in workerd and browsers.

/** What a case did not find as it should be. */
export class CheckFailed extends Error {}

/**
 * @param {unknown} value
 * @param {string} what is expected, for the message
 */
export function ok(value, what) {
  if (!value) throw new CheckFailed(`expected ${what}`);
}

/** Compares by value, which for cases' data means by their JSON. */
export function equal(actual, expected, what = "value") {
  const [seen, wanted] = [show(actual), show(expected)];
  if (seen !== wanted) throw new CheckFailed(`${what}: expected ${wanted}, saw ${seen}`);
}

export function contains(text, part, what = "text") {
  if (!String(text).includes(part)) throw new CheckFailed(`${what}: expected ${show(part)} in ${show(text)}`);
}

/** What an action throws or rejects with; that it does neither is a failure. */
export async function thrown(action, what = "the action") {
  let answer;
  try {
    answer = await action();
  } catch (error) {
    return error;
  }
  const seen = answer instanceof Response ? `a response with status ${answer.status}` : show(answer);
  throw new CheckFailed(`${what}: expected an error, saw ${seen}`);
}

/** What a promise rejects with, or undefined where it does not. */
export const failure = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

/** What an action throws at once, before any promise. */
export function thrownAtOnce(action, what = "the action") {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new CheckFailed(`${what}: expected an error at once`);
}

/** Waits for something that another process is about to see; the last failure counts. */
export async function eventually(check, within = 10_000) {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(20);
    }
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function show(value) {
  if (value === undefined) return "undefined";
  const plain = (_, inner) => (["bigint", "symbol"].includes(typeof inner) ? String(inner) : inner);
  const text = typeof value === "function" ? String(value) : (JSON.stringify(value, plain) ?? String(value));
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}
