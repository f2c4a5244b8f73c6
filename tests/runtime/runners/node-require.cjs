// Node, by require().
const names = [
  "cloud-run-auth",
  "cloud-run-auth/login",
  "cloud-run-auth/service",
  "cloud-run-auth/user",
  "cloud-run-auth/verify",
  "cloud-run-auth/stores/memory",
  "cloud-run-auth/stores/sealed",
];
const lib = Object.assign({}, ...names.map((name) => require(name)));

Promise.all([import("../client/local.js"), import("./node-runtime.mjs")]).then(([{ runHere }, { nodeRuntime }]) => {
  const base = nodeRuntime();
  const lacks = { ...base.lacks, load: "what takes its time is looked at where the package is imported" };
  return runHere(lib, { ...base, lacks }, JSON.parse(process.argv[2]));
});
