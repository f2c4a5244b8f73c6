// Why verifiers differ: for each refusal of ours, by its words, whether jose or google-auth lets such tokens in, and why that is. What stands
// nowhere here is no difference that there may be.

const EXACT = "base64url has one way of writing, and a JWT three parts of it (RFC 7515, section 2)";
const TWICE = "a claim that is there twice means either to whoever reads it (RFC 8725, section 2.4); they read the last";
const KINDS = "claims have to be of their kinds, and dates plain numbers from 1970 to 9999";
const SUBJECT = "sub has to be there, a text of 1 to 255 characters (OpenID Connect Core 1.0, section 2)";
const OWN_KEY = "a token says neither where its key is nor that it is packed (RFC 8725, section 3.10)";
const ISSUER = "jwt.decode leaves the issuer to its callers";

/** What we refuse and another lets in. @type {{ ours: RegExp, jose?: string, google?: string }[]} */
const STRICTER = [
  { ours: /no JWT of three parts in base64url/, jose: EXACT, google: EXACT },
  { ours: /over 16,384 bytes/, jose: "no token is over 16 KiB", google: "no token is over 16 KiB" },
  { ours: /header has a `(jku|jwk|x5u|zip|enc)`/, jose: OWN_KEY, google: OWN_KEY },
  { ours: /header has a `crit`/, google: "google-auth looks at no crit (RFC 7515, section 4.1.11)" },
  {
    ours: /header has a `b64`/,
    jose: "b64 has no place in a JWT (RFC 7797, section 7)",
    google: "b64 has no place in a JWT (RFC 7797, section 7)",
  },
  {
    ours: /names another type \(typ\)/,
    jose: "a type that is said has to be JWT (RFC 8725, section 3.11)",
    google: "a type that is said has to be JWT (RFC 8725, section 3.11)",
  },
  { ours: /neither RS256 nor ES256 \(alg\)/, google: "of ES256 and ES384 google-auth verifies by whichever the key is for" },
  { ours: /its key has no name \(kid\)/, google: "a kid has to be a text that is not empty; google-auth then tries each key" },
  { ours: /it has `iss` twice/, google: ISSUER },
  { ours: /it has `(sub|exp|aud)` twice/, jose: TWICE, google: TWICE },
  { ours: /the token's issuer is/, google: ISSUER },
  { ours: /its `iss` is not of the kind/, google: ISSUER },
  { ours: /its `(exp|iat|nbf)` is not of the kind/, jose: KINDS, google: KINDS },
  { ours: /its `(email|hd|azp)` is not of the kind/, jose: KINDS, google: KINDS },
  { ours: /its `sub` is not of the kind/, jose: SUBJECT, google: SUBJECT },
  { ours: /does not say whose it is \(sub\)/, jose: SUBJECT, google: SUBJECT },
  { ours: /its audience \(aud\) is no text/, jose: "an audience is a text, and so is each of several (RFC 7519, section 4.1.3)" },
  {
    ours: /lives for longer than tokens may/,
    jose: "no token lives for more than a day, nor ends before it begins; jose measures its age alone",
    google: "no token lives for more than a day, nor ends before it begins; google-auth measures no life",
  },
  { ours: /not good yet \(nbf\)/, google: "google-auth looks at no nbf" },
];

/** What google-auth refuses and we let in, by its own words. @type {{ google: RegExp, why: string }[]} */
const PICKIER = [
  { google: /wrong audience \[/, why: "of several audiences google-auth takes none" },
  {
    google: /^InvalidValue Certificate key type does not match/,
    why: "without a kid google-auth tries each key, and fails at the first of another kind",
  },
];

/** Why that one lets in what we refuse with these words; nothing where there is no reason. @param {string} ours @param {"jose" | "google"} who */
export const whyStricter = (ours, who) => STRICTER.find((one) => one.ours.test(ours))?.[who];

/** Why google-auth refuses, with these words, what we let in. @param {string} google */
export const whyPickier = (google) => PICKIER.find((one) => one.google.test(google))?.why;
