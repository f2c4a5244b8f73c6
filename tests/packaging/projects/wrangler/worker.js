import { call } from "./app.js";

export default {
  fetch: async (request) => Response.json(await call(await request.json())),
};
