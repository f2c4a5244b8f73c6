// One instance of a service that has others beside it, over the store that it is told; it prints where it is.
import { createTokenService } from "../../pkg/runtime/service-node.js";
import { openStore } from "../stores/lib/open.mjs";
import { serveService } from "./server.mjs";

const { issuer, secrets, policy, spec } = JSON.parse(process.argv[2]);
const { store } = await openStore(spec);
const { url } = await serveService(async () => {
  const service = createTokenService({ issuer, secrets, policy, store, log: false });
  await service.ready();
  return service;
});
console.log(url);
