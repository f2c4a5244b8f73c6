// The metrics of several processes as those of one: counters of the same name and labels are added up.

/** @param {string[]} texts Each in Prometheus' text format @returns {string} */
export function merged(texts) {
  /** By their heads, in the order in which they first came. @type {Map<string, number | undefined>} */
  const lines = new Map();
  for (const text of texts)
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const at = line.startsWith("#") ? -1 : line.lastIndexOf(" ");
      if (at < 0) lines.set(line, undefined);
      else lines.set(line.slice(0, at), (lines.get(line.slice(0, at)) ?? 0) + Number(line.slice(at + 1)));
    }
  // What belongs to one name has to stand together.
  const groups = new Map();
  for (const [head, value] of lines) {
    const [, name] = /^(?:# \w+ )?([\w:]+)/.exec(head) ?? [];
    groups.set(name, [...(groups.get(name) ?? []), value === undefined ? head : `${head} ${value}`]);
  }
  return [...groups.values()].map((group) => `${group.join("\n")}\n`).join("");
}
