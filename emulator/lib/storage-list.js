import { apiJson } from "./api-error.js";
import { fromBase64, toBase64 } from "./bytes.js";
import { badParameter } from "./storage-error.js";
import { resource, selected } from "./storage-resource.js";

const MOST = 1000;

/**
 * A page of a bucket's objects, in the order of their names' bytes.
 *
 * @param {URLSearchParams} query
 * @param {string} origin
 * @param {import("./storage-buckets.js").BucketRecord} bucket
 */
export function listed(query, origin, bucket) {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const after = readToken(query.get("pageToken"));
  const most = readMost(query.get("maxResults"));
  const objects = [...bucket.objects.values()].filter(({ name }) => name.startsWith(prefix)).sort((a, b) => compare(a.name, b.name));

  /** @type {object[]} */
  const items = [];
  /** @type {string[]} */
  const prefixes = [];
  /** @type {string | undefined} */
  let last;
  let isWhole = true;
  for (const object of objects) {
    const cut = delimiter ? object.name.indexOf(delimiter, prefix.length) : -1;
    const shown = cut < 0 ? object.name : object.name.slice(0, cut + delimiter.length);
    if ((after !== undefined && compare(shown, after) <= 0) || shown === prefixes.at(-1)) continue;
    if (items.length + prefixes.length === most) {
      isWhole = false;
      break;
    }
    if (cut < 0) items.push(resource(origin, bucket.name, object));
    else prefixes.push(shown);
    last = shown;
  }
  const page = {
    kind: "storage#objects",
    ...(isWhole || last === undefined ? {} : { nextPageToken: toBase64(encoder.encode(last)) }),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    ...(items.length > 0 ? { items } : {}),
  };
  return apiJson(selected(query, page));
}

const encoder = new TextEncoder();

/** By code points, which is the order of UTF-8's bytes and not that of JavaScript's texts. @param {string} a @param {string} b */
function compare(a, b) {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? left.length - right.length : left[at] - (right[at] ?? -1);
}

/** @param {string | null} token */
function readToken(token) {
  if (token === null || token === "") return undefined;
  const bytes = fromBase64(token);
  if (!bytes) throw badParameter("pageToken", token);
  return new TextDecoder().decode(bytes);
}

/** @param {string | null} given */
function readMost(given) {
  if (given === null) return MOST;
  if (!/^\d{1,9}$/.test(given) || Number(given) === 0) throw badParameter("maxResults", given);
  return Math.min(Number(given), MOST);
}
