// One verifier in a process of its own. Asked for a round, it works for as long, and tells how many tokens it verified.
import { verifiers } from "./verifiers.mjs";

process.once("message", async ({ name, issued }) => {
  const verify = await verifiers[name](issued);
  // Whoever verifies nothing is quick.
  await verify(issued.tokens[0]);
  const failure = await verify(issued.forged).then(
    () => undefined,
    (error) => error,
  );
  if (!failure) throw new Error(`${name} lets a forged token in`);

  let next = 0;
  const pick = {
    repeated: () => issued.tokens[0],
    // There are more of them than anybody remembers.
    distinct: () => issued.tokens[(next = (next + 1) % issued.tokens.length)],
  };
  process.on("message", async ({ mode, ms }) => {
    const [token, began] = [pick[mode], performance.now()];
    let count = 0;
    let took = 0;
    while (took < ms) {
      for (let n = 0; n < 10; n += 1) await verify(token());
      count += 10;
      took = performance.now() - began;
    }
    process.send({ rate: (count / took) * 1000 });
  });
  process.send({ ready: true });
});
