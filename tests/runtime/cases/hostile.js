// Inputs made of the pieces that URL parsers are known to disagree about. The same seed gives the same inputs everywhere.

const pieces = [
  ...["/", "/", "/", "//", "\\", "/\\", "\\/", ".", "..", "...", "/./", "/../", "%2e", "%2E%2e", ".%2e", "%252e%252e", "%%32%65"],
  ...["%2f", "%5c", "%252f", "%00", "%0d%0a", "%ff", "%", "%zz", ":", "::", "@", "user@", "user:pw@", "?", "&", "=", "#", "[", "]"],
  ...["a", "b", "items", "x.y", "evil.example", "https:", "http://", "HTTPS://", "javascript:", "file:", "//evil.example"],
  ...["\t", "\n", "\r", "\0", " ", "\u00a0", "\u3000", "\ufeff", "\u2028", "\u200d"],
  ...[
    "ä",
    "日本",
    "\uff0f",
    "\u2025",
    "\uff0e\uff0e",
    "\u2044",
    "\ud800",
    "😀",
    "|",
    "^",
    "`",
    "{",
    "}",
    "<",
    ">",
    '"',
    "'",
    ";",
    ",",
    "~",
  ],
];

/** A number generator (mulberry32) for test data. */
export function seeded(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function hostile(random) {
  const count = 1 + random(6);
  // Half of them begin like a path, or nearly all would be refused for their first piece.
  let text = random(2) === 0 ? "/a" : "";
  for (let i = 0; i < count; i += 1) text += pieces[random(pieces.length)];
  return text;
}
