// What runs inside the page: cases by their number.
import * as lib from "../client/library.js";
import { readConfig } from "../client/control.js";
import { watchRejections } from "../client/local.js";
import { leftovers, run } from "../client/run.js";
import { suite } from "../client/suite.js";
import { createWorld } from "../client/world.js";

const opaque = "in browsers a manual redirect is opaque";
export const lacks = {
  cookies: "pages neither send nor see cookies by hand",
  env: "a page has no environment",
  variables: "a page has no environment",
  search: "there is nothing to be searched",
  files: "a page reads no files",
  programs: "a page starts none",
  certificates: "pages show none of their own",
  processes: "memory, traps and handles are looked at in Node",
  "user agent": "browsers keep User-Agent to themselves",
  "upload stream": "Chromium streams uploads over HTTP/2 alone",
  "visible redirects": opaque,
  "requests from outside": "a matter of workers, whose requests are isolated from each other",
};
const strays = watchRejections();
let world;

window.runCase = async (id, lab) => {
  world ??= createWorld(lib, await readConfig(lab), { name: "browser", lacks });
  return run(suite[id], world, strays);
};
window.leftovers = () => leftovers(strays);
window.lacks = lacks;
