// Deno. With `bare` it may use the network and nothing else: credentials are handed over as JSON.
import * as lib from "../client/library.js";
import { runHere } from "../client/local.js";

const { bare, ...options } = JSON.parse(Deno.args[0]);
const forbidden = bare
  ? {
      env: "may not read the environment",
      variables: "may not read the environment",
      files: "may not read files",
      programs: "may not run programs",
      "search by permission": "whatever may not be read, the metadata server is found",
      load: "what takes its time is looked at where there are permissions",
    }
  : {};
await runHere(
  lib,
  {
    name: "deno",
    lacks: {
      ...forbidden,
      certificates: "fetch shows none",
      processes: "memory, traps and handles are looked at in Node",
      "hidden redirects": "redirects are visible here",
      "requests from outside": "a matter of workers, whose requests are isolated from each other",
    },
    inspect: (value) => Deno.inspect(value, { depth: 8 }),
    env: (name) => Deno.env.get(name),
    setEnv: (name, value) => (value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value)),
  },
  options,
);
