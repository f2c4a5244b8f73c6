// What is said of many measurements.
const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** Between the two that it lies between. */
function quantile(numbers, part) {
  const all = sorted(numbers);
  const at = (all.length - 1) * part;
  const below = Math.floor(at);
  return all[below] + (all[Math.ceil(at)] - all[below]) * (at - below);
}

export const median = (numbers) => quantile(numbers, 0.5);

/** Median, the middle half in brackets, and the ends in parentheses. */
export function spread(numbers) {
  const [least, low, middle, high, most] = [0, 0.25, 0.5, 0.75, 1].map((part) => quantile(numbers, part).toFixed(2));
  return `${middle} [${low} to ${high}] (${least} to ${most})`;
}
