// Workers that share one namespace of Durable Objects; the first one has its classes.
import { DurableObject, env } from "cloudflare:workers";
import { AuthError, createSession } from "cloud-run-auth";
import { TokenHolder, heldIn } from "cloud-run-auth/durable-object";

export class Tokens extends TokenHolder {
  static options({ OPTIONS }) {
    return JSON.parse(OPTIONS);
  }
  /** As if the platform moved it. */
  reset() {
    this.ctx.abort("it moves");
  }
}
export class Later extends TokenHolder {
  static async options({ OPTIONS }) {
    return JSON.parse(OPTIONS);
  }
}
export class Open extends TokenHolder {
  options({ OPTIONS }) {
    return JSON.parse(OPTIONS);
  }
}
export class Forgetful extends TokenHolder {}
export class Wrong extends TokenHolder {
  static options({ OPTIONS }) {
    return { credentials: OPTIONS };
  }
}
export class Throwing extends TokenHolder {
  static options({ OPTIONS }) {
    throw new SyntaxError(`cannot be read: ${OPTIONS}`);
  }
}
export class Stranger extends DurableObject {}

const credentials = new Map();
function credential(binding) {
  if (!credentials.has(binding))
    credentials.set(
      binding,
      heldIn(() => env[binding]),
    );
  return credentials.get(binding);
}

/** One request with a session of its own: a status, or an error as JSON can tell it. */
async function call({ base, binding = "TOKENS", ...options }) {
  try {
    const response = await createSession(base, { credential: credential(binding), ...options }).get("/x");
    await response.arrayBuffer();
    return { status: response.status };
  } catch (error) {
    return { error: shown(error) };
  }
}

function shown(error, depth = 0) {
  const { name, message, code, transient, retryAfter, server, cause, stack } = error;
  const more = depth < 3 && cause instanceof Error ? { cause: shown(cause, depth + 1) } : {};
  return { ours: error instanceof AuthError, name, message, code, transient, retryAfter, server, stack, ...more };
}

const object = ({ binding = "TOKENS", target }) => env[binding].get(env[binding].idFromName(target));

const { now } = Date;
const { now: elapsed } = performance;
const acts = {
  call,
  /** A method of the object's own, called as whoever has the binding can. */
  async ask({ method, args = [], ...which }) {
    try {
      return { answer: await object(which)[method](...args) };
    } catch (error) {
      return { error: shown(error) };
    }
  },
  atOnce({ given }) {
    try {
      return { answer: typeof heldIn(given) };
    } catch (error) {
      return { error: shown(error) };
    }
  },
  /** Moves the isolate's clocks, and the objects' in it. */
  later({ seconds }) {
    Date.now = () => now() + seconds * 1000;
    Object.defineProperty(performance, "now", { value: () => elapsed.call(performance) + seconds * 1000, configurable: true });
    return {};
  },
};

export default {
  async fetch(request) {
    const { act, ...given } = await request.json();
    return Response.json((await acts[act](given)) ?? {});
  },
};
