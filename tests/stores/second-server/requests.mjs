// What both servers are asked, in this order, and what of the answers has to be the same.
import { BUCKET } from "./servers.mjs";

/** @typedef {Record<string, string>} Names what earlier answers were, by the names that requests gave them */
/**
 * @typedef {object} Row
 * @property {string} name
 * @property {(known: Names) => [path: string, init?: RequestInit]} ask
 * @property {string} [as] The name under which later requests know the generation that is answered
 * @property {string} [is] The name of the generation that has to be answered
 * @property {{ ours: object, theirs: object, why: string }} [differs] What each answers where the two do not agree, and why
 */

const at = (name, query = "") => `/storage/v1/b/${BUCKET}/o/${encodeURIComponent(name)}${query && `?${query}`}`;
const list = (query) => [`/storage/v1/b/${BUCKET}/o?${query}`];
/** Every byte, and what looks like the end of a part. */
const BYTES = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from("\r\n--x\r\n--b--\r\n")]);

function media(name, body, query = "") {
  const path = `/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}${query && `&${query}`}`;
  return [path, { method: "POST", body, headers: { "content-type": "text/plain" } }];
}

function multipart(name, body, query = "", description = {}) {
  const head = `--bound\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ name, ...description })}\r\n--bound\r\ncontent-type: text/plain\r\n\r\n`;
  const path = `/upload/storage/v1/b/${BUCKET}/o?uploadType=multipart${query && `&${query}`}`;
  const whole = Buffer.concat([Buffer.from(head), Buffer.from(body), Buffer.from("\r\n--bound--\r\n")]);
  return [path, { method: "POST", body: whole, headers: { "content-type": "multipart/related; boundary=bound" } }];
}

const remove = (name, query) => [at(name, query), { method: "DELETE" }];

const EVERYTHING = "d/ü ?#%2F+&.json";

const noReads = "it has no preconditions of reads; Google's API has, and says 412, or 304 where it is to be another one";
const noDeletes = "it has no preconditions of deletes";
const noMedia = "it heeds preconditions in multipart uploads alone";
const noMetagenerations = "it knows nothing of metagenerations";
const noNames = "it stores an object without a name, which Google's API requires";

/** @type {Row[]} */
export const rows = [
  { name: "describe: none there", ask: () => [at("a")] },
  { name: "download: none there", ask: () => [at("a", "alt=media")] },
  { name: "delete: none there", ask: () => remove("a") },
  { name: "a bucket that is not there", ask: () => ["/storage/v1/b/no-such-bucket/o/a"] },
  { name: "multipart: must replace, none there", ask: () => multipart("a", "0", "ifGenerationMatch=1") },
  { name: "multipart: must be new, and is", ask: () => multipart("a", "1", "ifGenerationMatch=0"), as: "first" },
  { name: "multipart: must be new, and is not", ask: () => multipart("a", "x", "ifGenerationMatch=0") },
  { name: "download", ask: () => [at("a", "alt=media")], is: "first" },
  { name: "download, by the other root", ask: () => [`/download${at("a", "alt=media")}`], is: "first" },
  { name: "describe", ask: () => [at("a")], is: "first" },
  { name: "describe by its generation", ask: ({ first }) => [at("a", `generation=${first}`)], is: "first" },
  {
    name: "multipart: replaces the one that it names",
    ask: ({ first }) => multipart("a", "2", `ifGenerationMatch=${first}`),
    as: "second",
  },
  { name: "multipart: names a stale one", ask: ({ first }) => multipart("a", "x", `ifGenerationMatch=${first}`) },
  { name: "multipart: not this one, and it is", ask: ({ second }) => multipart("a", "x", `ifGenerationNotMatch=${second}`) },
  { name: "download after those", ask: () => [at("a", "alt=media")], is: "second" },
  { name: "describe by the generation that is gone", ask: ({ first }) => [at("a", `generation=${first}`)] },
  { name: "multipart: not that one, and it is not", ask: ({ first }) => multipart("a", "3", `ifGenerationNotMatch=${first}`), as: "third" },
  { name: "read: is the one", ask: ({ third }) => [at("a", `ifGenerationMatch=${third}`)], is: "third" },
  {
    name: "read: is another",
    ask: () => [at("a", "ifGenerationMatch=1")],
    differs: { ours: { status: 412 }, theirs: { status: 200 }, why: noReads },
  },
  { name: "read: not that one, and it is not", ask: () => [at("a", "ifGenerationNotMatch=1")], is: "third" },
  {
    name: "read: not that one, and it is",
    ask: ({ third }) => [at("a", `ifGenerationNotMatch=${third}`)],
    differs: { ours: { status: 304 }, theirs: { status: 200 }, why: noReads },
  },
  {
    name: "read: a number that is none",
    ask: () => [at("a", "ifGenerationMatch=x")],
    differs: { ours: { status: 400 }, theirs: { status: 200 }, why: noReads },
  },
  {
    name: "delete",
    ask: () => remove("a"),
    differs: { ours: { status: 204 }, theirs: { status: 200 }, why: "both have nothing to say; Google's API documents an empty answer" },
  },
  { name: "describe after it", ask: () => [at("a")] },
  { name: "multipart: names the one that was deleted", ask: ({ third }) => multipart("a", "x", `ifGenerationMatch=${third}`) },
  { name: "multipart: new again", ask: () => multipart("a", "4", "ifGenerationMatch=0"), as: "again" },
  { name: "multipart: names the one from before the delete", ask: ({ third }) => multipart("a", "x", `ifGenerationMatch=${third}`) },
  { name: "download of what is new", ask: () => [at("a", "alt=media")], is: "again" },
  { name: "multipart: every byte", ask: () => multipart("bytes", BYTES) },
  { name: "download of every byte", ask: () => [at("bytes", "alt=media")] },
  { name: "media: every byte", ask: () => media("bytes", BYTES) },
  { name: "download of every byte, again", ask: () => [at("bytes", "alt=media")] },
  { name: "a name with everything in it", ask: () => multipart(EVERYTHING, "n", "", { cacheControl: "no-store", metadata: { k: "v" } }) },
  { name: "describe that", ask: () => [at(EVERYTHING)] },
  { name: "download that", ask: () => [at(EVERYTHING, "alt=media")] },
  { name: "an empty object", ask: () => multipart("d/empty", "") },
  { name: "describe that one", ask: () => [at("d/empty")] },
  { name: "list", ask: () => list("") },
  { name: "list by prefix", ask: () => list("prefix=d/") },
  { name: "list by prefix and delimiter", ask: () => list("delimiter=/") },
  { name: "list of one", ask: () => list("maxResults=1") },
  { name: "list: nothing begins like that", ask: () => list("prefix=nothing") },
  {
    name: "an unknown way of uploading",
    ask: () => [`/upload/storage/v1/b/${BUCKET}/o?uploadType=x&name=a`, { method: "POST", body: "x" }],
  },
  // From here on what they store is not the same.
  {
    name: "a type of its content in both parts",
    ask: () => multipart("t", "x", "", { contentType: "a/b" }),
    differs: {
      ours: { contentType: "a/b" },
      theirs: { contentType: "text/plain" },
      why: "here what describes the object wins, there the part's own",
    },
  },
  {
    name: "multipart: another metageneration",
    ask: () => multipart("bytes", "x", "ifMetagenerationMatch=7"),
    differs: { ours: { status: 412 }, theirs: { status: 200 }, why: noMetagenerations },
  },
  {
    name: "media: must be new, and is not",
    ask: () => media("bytes", "y", "ifGenerationMatch=0"),
    differs: { ours: { status: 412 }, theirs: { status: 200 }, why: noMedia },
  },
  {
    name: "delete: names a stale one",
    ask: () => remove("bytes", "ifGenerationMatch=1"),
    differs: { ours: { status: 412 }, theirs: { status: 200 }, why: noDeletes },
  },
  {
    name: "multipart without a name",
    ask: () => multipart(undefined, "x"),
    differs: { ours: { status: 400 }, theirs: { status: 200 }, why: noNames },
  },
];

const SAME = ["kind", "name", "bucket", "size", "contentType", "cacheControl", "metadata", "metageneration", "crc32c", "prefixes"];

/**
 * What of an answer has to be the same. That leaves out generations and times, which are each server's own, and of errors all but the
 * status: the other server's reasons are the status's words, where Google's are words such as conditionNotMet.
 *
 * @param {Response} response
 */
export async function essence(response) {
  const { status, headers } = response;
  const bytes = Buffer.from(await response.arrayBuffer());
  const isMedia = headers.has("x-goog-generation") && !/json/.test(headers.get("content-type") ?? "");
  if (isMedia) return { seen: { status, media: bytes.toString("latin1") }, generation: headers.get("x-goog-generation") };
  if (status >= 300 || bytes.length === 0) return { seen: { status }, generation: undefined };
  const value = Object(JSON.parse(bytes.toString()));
  const same = SAME.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]);
  const page = value.items ? { items: value.items.map(({ name }) => name), more: Boolean(value.nextPageToken) } : {};
  return { seen: { status, ...Object.fromEntries(same), ...page }, generation: value.generation };
}
