// Tokens that name keys which nobody has, many of them, with good tokens in between: by a clock that is set by hand, or by the real one.
/** A token for each name, all unsigned: it never comes to that. */
const forged = (part, claims, n) => `${part({ alg: "ES256", kid: `nobody's ${n}`, typ: "JWT" })}.${part(claims)}.${"A".repeat(86)}`;

/**
 * Verifies a token for each of so many names; beside each a good one that was there before, and beside each tenth one that is new. At a quarter of them the
 * issuer publishes another key, and from three quarters on signs with that.
 *
 * @param {object} by
 * @param {{ verify: (token: string) => Promise<{ id: string }> }} by.verifier
 * @param {(claims: object, late: boolean) => Promise<string>} by.sign By the key that was there from the start, or by the late one
 * @param {() => object} by.claims
 * @param {(value: unknown) => string} by.part
 * @param {() => unknown} by.publish The late key
 * @param {(n: number) => Promise<void>} by.tick Until it is time for that token
 * @param {number} by.names
 */
export async function flood({ verifier, sign, claims, part, publish, tick, names }) {
  const seen = { refused: [], letIn: 0, forged: 0, good: 0, otherwise: {} };
  const known = await sign({ ...claims(), sub: "known" }, false);
  const running = new Set();
  const start = (checking) => {
    running.add(checking);
    checking.finally(() => running.delete(checking));
  };
  const good = (token, sub) =>
    start(
      verifier.verify(token).then(
        ({ id }) => (id === sub ? (seen.good += 1) : seen.refused.push(`${sub}: it is ${id}`)),
        ({ code, message }) => seen.refused.push(`${sub}: ${code} ${message}`),
      ),
    );
  good(known, "known");
  for (let n = 0; n < names; n += 1) {
    await tick(n);
    if (n === Math.floor(names / 4)) await publish();
    start(
      verifier.verify(forged(part, claims(), n)).then(
        () => (seen.letIn += 1),
        ({ code }) => {
          seen.forged += 1;
          if (code !== "token_invalid") seen.otherwise[code] = (seen.otherwise[code] ?? 0) + 1;
        },
      ),
    );
    good(known, "known");
    if (n % 10 === 0) good(await sign({ ...claims(), sub: `new ${n}` }, n >= (names / 4) * 3), `new ${n}`);
    // Nobody has more of them under way than a server would.
    while (running.size >= 100) await Promise.race(running);
  }
  await Promise.all(running);
  return seen;
}
