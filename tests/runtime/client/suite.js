// The cases in their order, and which of them a runtime can run.
import { groups } from "../cases/index.js";

/** Every case with its group's name and a number that is the same in every runtime. */
export const suite = groups.flatMap(({ name: group, cases }) => cases.map((each) => ({ group, ...each })));
suite.forEach((each, index) => (each.id = index));

/** Why a case does not apply to a runtime, if it does not. */
export function whyNot(each, runtime) {
  if (runtime.smokeOnly && !each.smoke) return runtime.smokeOnly;
  for (const need of each.needs ?? []) {
    const reason = runtime.lacks[need];
    if (reason) return reason;
  }
  return undefined;
}

export const matches = (each, pattern) => !pattern || `${each.group}: ${each.name}`.includes(pattern);
