// What only a process of its own can show: memory, traps, handles, exits. The scripts lie in children/.
import { equal, ok } from "../client/check.js";
import { account, workload } from "../client/identities.js";

const child = (name, script, check = () => {}) => ({
  name,
  needs: ["processes"],
  async run(t) {
    const { service, key } = await t.open();
    const call = { base: service.url, credential: key, endpoints: t.emulator.url };
    const { code, report, stderr, ms } = await t.runtime.child(script, call);
    equal(code, 0, `exit code of children/${script}.mjs (${stderr.slice(0, 1500)})`);
    ok(report, `a report of children/${script}.mjs, saw none: ${stderr.slice(0, 500)}`);
    check(report, ms, t);
  },
});

const cases = [
  child("a call with a fresh token asks the core one question, and fetches once", "fresh", (report) => {
    equal(report, { status: 200, questions: 1, requests: 1 }, "what it took");
  }),
  child("a call whose module never comes ends by its timeout", "never", (report) => {
    equal(report, { name: "TimeoutError", code: "timeout" }, "how it ended");
  }),
  child("a process ends when its work is done, sessions undisposed", "exit", (report, ms) => {
    equal(report.status, 200, "status");
    ok(ms - report.after < 10_000, `an exit long before any timer of ours, saw it ${ms - report.after} ms after the answer`);
  }),
  child("10,000 sessions made and disposed of leave no handle and no heap", "leaks", (report) => {
    equal(report.handles, [], "active resources");
    ok(report.grown < 25_000_000, `a heap that stays below 25 MB more, saw ${report.grown} bytes more`);
  }),
  child("after dispose the module's memory holds no key, assertion or token", "memory", (report) => {
    ok(report.scanned >= 65_536 && report.control, "a memory that was looked through and a scan that finds what is there");
    equal(report.found, [], "secrets in memory");
  }),
  {
    name: "after dispose the module's memory holds nothing secret of a user or a workload",
    needs: ["processes"],
    async run(t) {
      const user = await t.emulator.make("users", { email: `${t.unique("u")}@example.com` });
      const external = await t.emulator.make("external-users", {});
      const aws = await workload(t, "aws", { accountId: "123456789012" });
      const key = await t.emulator.make("aws-keys", { user: t.unique("u") });
      const revoked = await t.emulator.make("users", { email: `${t.unique("u")}@example.com` });
      const source = await t.account();
      const { named } = await account(t, source.client_email);
      const pem = source.private_key.split("\n").find((line) => line.length > 30 && !line.startsWith("-"));
      const kinds = [
        {
          kind: "impersonated",
          options: { credential: { type: "impersonated_service_account", source_credentials: source, ...named } },
          secrets: {},
          gone: { key: pem },
          known: source.client_email,
        },
        {
          kind: "refused user",
          options: { credential: { ...revoked, refresh_token: "1//canary-refresh-token-of-nobody" } },
          fails: true,
          secrets: { client: revoked.client_secret, refresh: "1//canary-refresh-token-of-nobody" },
          known: revoked.client_id,
        },
        {
          kind: "user",
          options: { credential: user },
          secrets: { client: user.client_secret, refresh: user.refresh_token },
          known: user.client_id,
        },
        {
          kind: "external user",
          options: { credential: external },
          secrets: { refresh: external.refresh_token },
          known: external.client_id,
        },
        {
          kind: "AWS",
          options: { credential: { ...aws.file, credential_source: { environment_id: "aws1" } } },
          variables: { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
          secrets: { key: key.secretAccessKey },
          known: aws.audience,
        },
      ];
      const { code, report, stderr } = await t.runtime.child("memory-kinds", { kinds, endpoints: t.emulator.url });
      equal(code, 0, `exit code (${stderr.slice(0, 1500)})`);
      equal(
        report,
        kinds.map(({ kind }) => ({ kind, control: true, found: [] })),
        "what is in memory",
      );
    },
  },
  {
    name: "a program that heeds no signal neither outlives the call nor keeps the process",
    needs: ["processes"],
    async run(t) {
      const { file } = await workload(t);
      const name = `${t.unique("stubborn")}.sh`;
      await t.lab.write(name, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep .2; done\n");
      const executable = { command: `${t.folder}/${name}`, timeout_millis: 5000 };
      const call = { credential: { ...file, credential_source: { executable } }, endpoints: t.emulator.url };
      const { code, report, ms, stderr } = await t.runtime.child("stubborn", call);
      equal([code, report], [0, { code: "mine" }], `how it ended (${stderr.slice(0, 500)})`);
      ok(ms < 15_000, `an exit without waiting for the program, saw ${ms} ms`);
    },
  },
  child("aborts and timeouts arrive after a garbage collection too", "collected", (report) => {
    const ends = ["mine", "timeout", "timeout"];
    equal(Object.values(report), [...ends, ...ends], `ends of ${Object.keys(report).join("; ")}`);
  }),
  child("a trap at any call into the module: the call in flight settles, the next one works", "trap", (report) => {
    ok(report.calls >= 5, `several calls into the module, saw ${report.calls}`);
    for (const { index, first, next, ms, trapped } of report.results) {
      const where = `with a trap at call ${index} of ${report.calls} into the module`;
      equal(trapped, 1, `traps ${where}`);
      ok([200, "core_failed"].includes(first), `the call in flight to work or say core_failed ${where}, saw ${first}`);
      equal(next, 200, `status of the next call ${where}`);
      ok(ms < 5000, `an end within five seconds ${where}, saw ${ms} ms`);
    }
  }),
  child("a hundred calls in flight at a trap all settle, none is sent twice", "trap-in-flight", (report) => {
    equal(report.outcomes, { 200: 100 }, "outcomes");
    equal(report.next, 200, "status of the next call");
    equal(report.sent, 101, "requests to the service");
  }),
  child("a module that runs out of memory: the next call works", "out-of-memory", (report) => {
    ok(report.trapped, "a trap");
    ok(report.big === "core_failed" || report.big === "invalid_credential", `the big call to fail as an AuthError, saw ${report.big}`);
    equal(report.next, 200, "status of the next call");
  }),
];

export default { name: "process", cases };
