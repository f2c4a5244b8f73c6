// What somebody meant who wrote something else.

/**
 * The name that is fewest slips of the keyboard away; none, where that is more than a third of it.
 *
 * @param {string} word
 * @param {string[]} names
 * @returns {string | undefined}
 */
export function nearest(word, names) {
  const [best] = names
    .map((name) => /** @type {const} */ ([distance(word.toLowerCase(), name), name]))
    .filter(([slips, name]) => slips <= Math.max(1, Math.floor(Math.max(word.length, name.length) / 3)))
    .sort(([a], [b]) => a - b);
  return best?.[1];
}

/** How many letters have to be put in, taken out, replaced or swapped with their neighbour. @param {string} a @param {string} b */
function distance(a, b) {
  /** @type {number[][]} */
  const rows = [];
  for (let i = 0; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      if (i === 0) {
        rows[i][j] = j;
        continue;
      }
      const same = a[i - 1] === b[j - 1];
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}
