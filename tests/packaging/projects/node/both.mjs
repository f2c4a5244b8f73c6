// One instance for import and require: two would be two caches and two sets of error classes.
import { createRequire } from "node:module";
import * as imported from "cloud-run-auth";
import * as slim from "cloud-run-auth/slim";

const required = createRequire(import.meta.url)("cloud-run-auth");
const requiredSlim = createRequire(import.meta.url)("cloud-run-auth/slim");
const names = Object.keys(imported).sort();
console.log(
  JSON.stringify({
    names,
    same: names.filter((name) => imported[name] !== required[name]),
    slim: names.filter((name) => imported[name] !== slim[name]),
    slimTwice: Object.keys(slim).filter((name) => slim[name] !== requiredSlim[name]),
    init: typeof slim.init,
    required: Object.keys(required)
      .filter((name) => name !== "default" && name !== "__esModule" && name !== "module.exports")
      .sort(),
  }),
);
