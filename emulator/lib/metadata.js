import { htmlError } from "./answers.js";
import { decode } from "./decode.js";
import { BadParameter, metadataTree } from "./metadata-tree.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./metadata-tree.js").Tree} Tree */

const ROOT = "/computeMetadata/v1";
// Numbers that JSON shows without quotes.
const NUMBERS = ["id", "numericProjectId"];

/**
 * The metadata server: `GET /`, which clients ping, and everything below `/computeMetadata/v1`.
 *
 * @param {Call} call
 */
export async function metadata(call) {
  const { state, request, path } = call;
  if (!state.metadata.settings.enabled) {
    call.entry.outcome = "the metadata server is off";
    return htmlError(404, "Not Found", "The requested URL was not found on this server.");
  }
  if (path === "/") return text("computeMetadata/\n");
  if (request.headers.get("metadata-flavor") !== "Google") return refuse(call, 403, "Missing Metadata-Flavor:Google header.");
  // Somebody let a stranger's request through.
  if (request.headers.has("x-forwarded-for")) return refuse(call, 403, "Requests with an X-Forwarded-For header are not answered.");
  if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return refuse(call, 404, "The requested URL was not found on this server.");
  try {
    return await answer(call);
  } catch (error) {
    if (!(error instanceof BadParameter)) throw error;
    call.entry.outcome = error.message;
    return text(`${error.message}\n`, { status: 400 });
  }
}

/** @param {Call} call */
async function answer(call) {
  // A folder's name ends in a slash.
  const isFolder = call.path.endsWith("/");
  const names = call.path.slice(ROOT.length + 1, isFolder ? -1 : undefined);
  /** @type {Tree | undefined} */
  let node = metadataTree(call.state);
  for (const name of names === "" ? [] : names.split("/").map(decode)) {
    node = isTree(node) && Object.hasOwn(node, name) ? node[name] : undefined;
  }
  if (node === undefined || (isFolder && !isTree(node))) {
    return refuse(call, 404, "The requested URL was not found on this server.");
  }

  const parameters = new URLSearchParams(call.query);
  if (!isTree(node)) {
    const value = typeof node === "function" ? await node(parameters) : node;
    if (Array.isArray(value)) return text(value.map((line) => `${line}\n`).join(""));
    return typeof value === "object" || parameters.get("alt") === "json" ? json(value) : text(String(value));
  }
  if (/^true$/i.test(parameters.get("recursive") ?? "")) return json(plain(node));
  if (!isFolder) {
    const location = `${call.origin}${call.path}/${call.query && `?${call.query}`}`;
    return refuse(call, 301, "The document has moved.", { location });
  }
  return text(
    Object.entries(node)
      .map(([name, child]) => `${name}${isTree(child) ? "/" : ""}\n`)
      .join(""),
  );
}

/**
 * @param {Tree | undefined} node
 * @returns {node is { [name: string]: Tree }}
 */
function isTree(node) {
  return typeof node === "object" && !Array.isArray(node);
}

/**
 * A folder as JSON shows it: names in camel case, tokens left out.
 *
 * @param {{ [name: string]: Tree }} tree
 * @returns {object}
 */
function plain(tree) {
  const entries = Object.entries(tree).filter(([, child]) => typeof child !== "function");
  return Object.fromEntries(
    entries.map(([name, child]) => {
      const key = name.includes("@") ? name : name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
      return [key, isTree(child) ? plain(child) : child];
    }),
  );
}

/**
 * @param {string} body
 * @param {{ status?: number }} [init]
 */
function text(body, { status = 200 } = {}) {
  return new Response(body, { status, headers: headers("application/text") });
}

/** @param {unknown} value */
function json(value) {
  const body = JSON.stringify(value, (name, inner) => (NUMBERS.includes(name) ? `#${inner}#` : inner));
  // They may be above what a JavaScript number holds, so that they go from text to text.
  return new Response(body.replace(/"#(\d+)#"/g, "$1"), { headers: headers("application/json") });
}

/**
 * @param {Call} call
 * @param {number} status
 * @param {string} trouble
 * @param {Record<string, string>} [more]
 */
function refuse(call, status, trouble, more) {
  call.entry.outcome = status === 301 ? "a folder's name ends in a slash" : trouble;
  const title = status === 301 ? "Moved" : status === 403 ? "Forbidden" : "Not Found";
  const detail = `Your client does not have permission to get URL ${call.path} from this server. ${trouble}`;
  return htmlError(status, title, status === 403 ? detail : trouble, { ...headers("text/html; charset=UTF-8"), ...more });
}

/** @param {string} type */
function headers(type) {
  return { "metadata-flavor": "Google", server: "Metadata Server for VM", "content-type": type };
}
