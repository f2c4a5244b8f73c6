#!/usr/bin/env node
// The command `cloud-run-auth`.
import { main } from "./main.js";

// Whoever read has gone, such as head(1): there is nobody left to tell anything.
process.stdout.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
process.stderr.on("error", () => {});

// Not process.exit, which would cut off what is still to be written.
process.exitCode = await main(process.argv.slice(2));
