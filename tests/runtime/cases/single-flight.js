// A thousand callers, one exchange.
import { equal, ok } from "../client/check.js";

const MANY = 1000;

const statuses = (answers) =>
  Object.fromEntries([...new Set(answers)].map((one) => [one, answers.filter((other) => other === one).length]));

const cases = [
  {
    name: "1,000 first calls at once on one session make one exchange",
    async run(t) {
      const { session } = await t.open();
      const answers = await Promise.all(Array.from({ length: MANY }, async (_, i) => (await session.get(`/${i}`)).status));
      equal(statuses(answers), { 200: MANY }, "statuses");
      equal(await t.exchanges(), 1, "exchanges");
    },
  },
  {
    name: "1,000 first calls at once, each on a session of its own, make one exchange",
    async run(t) {
      const { service, options } = await t.open();
      const call = async (i) => (await t.createSession(service.url, options).get(`/${i}`)).status;
      const answers = await Promise.all(Array.from({ length: MANY }, (_, i) => call(i)));
      equal(statuses(answers), { 200: MANY }, "statuses");
      // On a busy machine a leader may keep silent for the two seconds after which a worker's followers take it for dead.
      const most = t.runtime.name === "workerd" ? 2 : 1;
      ok((await t.exchanges()) <= most, `${most} exchange at most, saw ${await t.exchanges()}`);
    },
  },
  {
    name: "100 callers of a slow exchange make one",
    smoke: true,
    async run(t) {
      const { session } = await t.open();
      await t.emulator.fault({ endpoint: "token", delay: 300 });
      const tokens = await Promise.all(Array.from({ length: 100 }, () => session.getIdToken()));
      equal(new Set(tokens).size, 1, "tokens");
      equal(await t.exchanges(), 1, "exchanges");
    },
  },
  {
    name: "100 callers of an exchange that fails: each is told, few ask again",
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      await t.emulator.fault({ endpoint: "token", delay: 100, status: 503, body: "" });
      const errors = await Promise.all(Array.from({ length: 100 }, () => session.get("/x").catch((error) => error)));
      equal(statuses(errors.map(({ code }) => code)), { exchange_unavailable: 100 }, "codes");
      ok((await t.exchanges()) <= 3, `few exchanges, saw ${await t.exchanges()}`);
      await t.emulator.clearFaults();
      equal((await session.get("/x")).status, 200, "status once the endpoint is well");
    },
  },
  {
    name: "different audiences at once do not wait for each other's token",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.fault({ endpoint: "token", delay: 200 });
      const audiences = Array.from({ length: 20 }, (_, i) => `audience-${i}`);
      const began = Date.now();
      await Promise.all(audiences.map((audience) => session.getIdToken({ audience })));
      equal(await t.exchanges(), 20, "exchanges");
      ok(Date.now() - began < 3500, `an end soon, saw ${Date.now() - began} ms`);
    },
  },
  ...["one session for all", "a session for each"].map((kind, index) => ({
    name: `1,000 requests to a worker at once, ${kind}: every one is answered`,
    needs: ["requests from outside"],
    async run(t) {
      const { service, key } = await t.open();
      const call = { base: service.url, credential: key, endpoints: t.emulator.url, own: index === 1 };
      const answers = await t.runtime.fromOutside(call, MANY);
      equal(statuses(answers), { 200: MANY }, "statuses");
      // Nobody waits on another request's promise; an exchange more than one is allowed, a thousand are not.
      const exchanges = await t.exchanges();
      ok(exchanges >= 1 && exchanges <= 20, `few exchanges, saw ${exchanges}`);
    },
  })),
  ...["leader leaves", "leader returns early"].map((how) => ({
    name: `requests to a worker whose ${how} in the middle of the exchange are answered within 5 s`,
    needs: ["requests from outside"],
    async run(t) {
      const { service, key } = await t.open();
      await t.emulator.fault({ endpoint: "token", delay: 700, times: 1 });
      const call = { base: service.url, credential: key, endpoints: t.emulator.url };
      const began = Date.now();
      equal(statuses(await t.runtime.fromOutside(call, 20, how)), { 200: 20 }, "statuses");
      ok(Date.now() - began < 5000, `an end within five seconds, saw ${Date.now() - began} ms`);
      equal(statuses(await t.runtime.fromOutside(call, 20)), { 200: 20 }, "statuses afterwards");
    },
  })),
];

export default { name: "single flight", cases };
