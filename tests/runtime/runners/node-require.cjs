// Node, by require().
const lib = require("cloud-run-auth");

Promise.all([import("../client/local.js"), import("./node-runtime.mjs")]).then(([{ runHere }, { nodeRuntime }]) => {
  const base = nodeRuntime();
  const lacks = { ...base.lacks, load: "what takes its time is looked at where the package is imported" };
  return runHere(lib, { ...base, lacks }, JSON.parse(process.argv[2]));
});
