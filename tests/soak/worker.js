// A worker whose requests have a session each, and do not all live to see its answer.
import { freeze, memories, realNow, signed, tick } from "./clocks.js";
import { DurableObject } from "cloudflare:workers";
import { createSession, customFetch } from "cloud-run-auth";

/** One of so many leaders dies just when it has asked for the token. */
const LEADERS_PER_DEATH = 100;

const counts = { leaders: 0, begun: 0, errors: {} };
/** Leaders that died before they had the token: of which key, and when. */
const deaths = [];
/** Leaders that gave their request up because the answer was late. */
const late = [];

/** What a request's session may be cut off by, and what it led. */
function makeLife({ key, google, doom }, ctx) {
  const life = { open: 0, led: false, isDead: false };
  let die;
  life.dies = new Promise((resolve) => (die = resolve));
  life.die = () => {
    if (life.isDead) return;
    life.isDead = true;
    if (life.led && life.open > 0) deaths.push([key, realNow()]);
    die("dead");
  };
  const send = async (input, init) => {
    const url = String(input);
    if (!url.startsWith(google)) return answer(key, new Headers(init.headers).get("authorization"));
    life.led = true;
    counts.leaders += 1;
    const response = fetch(url, init);
    init.signal.addEventListener("abort", () => late.push([key, realNow()]));
    if (doom !== undefined && counts.leaders % LEADERS_PER_DEATH === 7) life.die();
    const given = await response;
    tick();
    return given;
  };
  const waitUntil = (promise) => {
    life.open += 1;
    const ended = promise.then(() => (life.open -= 1));
    // What is dead is not kept alive.
    ctx?.waitUntil(Promise.race([ended, life.dies]));
  };
  return Object.assign(life, { options: { [customFetch]: send, ...(ctx && { waitUntil }) } });
}

/** The service: whether that is a token for it, and not too old. (A second is as good as its end is known.) */
function answer(key, authorization = "") {
  const claims = JSON.parse(atob(authorization.split(".")[1] ?? "") || "{}");
  return new Response(null, { status: claims.aud === key && (claims.exp + 1) * 1000 > realNow() ? 200 : 401 });
}

const open = ({ key, google, credential, timeout }, more) =>
  createSession(key, { credential, endpoints: google, timeout, ...(key.includes("/access") && { scopes: [key] }), ...more });

export class Aborted extends DurableObject {
  /** Aborts in the turn in which it begins a call, at once or with its flight begun; or some milliseconds later. */
  async begin(given) {
    const life = makeLife(given);
    open(given, life.options)
      .get("/x")
      .catch(() => {});
    const { turn, wait } = given;
    if (turn === "later") await new Promise((resolve) => setTimeout(resolve, wait));
    if (turn === "begun") for (let more = 50; more--;) await undefined;
    life.die();
    this.ctx.abort("it ends here");
  }
}

/** `doom`: how a request ends that does not wait for its answer; "none" where it is doomed only as a leader. */
async function request(given, ctx) {
  const life = makeLife(given, ctx);
  counts.begun += 1;
  const { doom = "none", wait, how } = given;
  const call = open(given, life.options)
    .get("/x")
    .then(
      ({ status }) => String(status),
      (error) => `${error.code ?? error.name}: ${error.message}`,
    );
  if (doom === "at once") life.die();
  if (doom === "soon") setTimeout(life.die, wait);
  const end = await (life.isDead ? "dead" : Promise.race([call, life.dies]));
  if (end === "dead" && how === "throws") throw new Error("a request of the soak dies");
  return new Response(end);
}

const acts = {
  request,
  async abort(given, _, env) {
    // Whoever asked is told that the object was reset.
    await env.ABORTED.get(env.ABORTED.idFromName(given.name))
      .begin(given)
      .catch(() => {});
    return new Response("reset");
  },
  freeze({ yes }) {
    freeze(yes);
    return new Response();
  },
  stats() {
    const bytes = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    return Response.json({ bytes, cores: memories.length, deaths, late, signed: signed.count, ...counts });
  },
};

export default {
  async fetch(request, env, ctx) {
    tick();
    const { act, ...given } = await request.json();
    tick();
    return acts[act](given, ctx, env);
  },
};
