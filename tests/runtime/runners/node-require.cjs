// Node, by require().
const lib = require("cloud-run-auth");

Promise.all([import("../client/local.js"), import("./node-runtime.mjs")]).then(([{ runHere }, { nodeRuntime }]) =>
  runHere(lib, nodeRuntime(), JSON.parse(process.argv[2])),
);
