import { requireText } from "./check.js";
import { randomAccountId } from "./random.js";
import { areGranted } from "./scopes.js";

/**
 * @typedef {object} Person somebody with an account, who can be asked for consent
 * @property {string} sub
 * @property {string} email
 * @property {string} name
 * @property {string} givenName
 * @property {string} familyName
 * @property {string} picture
 * @property {string} [hd]
 * @property {Map<string, string[]>} granted scopes by client
 */

/** People who can log in. There is one from the beginning. */
export function createPeople() {
  /** @type {Map<string, Person>} */
  const people = new Map();
  /** @param {import("../index.js").PersonOptions} options */
  function add({ email, sub = randomAccountId(), givenName = "Ada", familyName = "Emulator", hd, ...rest }) {
    const { name = `${givenName} ${familyName}`, picture = `https://lh3.googleusercontent.com/a/${sub}` } = rest;
    requireText({ email, sub, name, givenName, familyName, picture });
    const person = { sub, email, name, givenName, familyName, picture, ...(hd === undefined ? {} : { hd }), granted: new Map() };
    people.set(email, person);
    return { email, sub, name, givenName, familyName, picture, hd };
  }
  /** Made when it is first looked at: nothing happens before the first call. */
  function all() {
    if (people.size === 0) add({ email: "developer@example.com" });
    return [...people.values()];
  }
  return {
    add,
    all,
    /** @param {string | null | undefined} who an email or a `sub` */
    find: (who) => all().find((person) => person.email === who || person.sub === who),
  };
}

/**
 * What a person lets a client know with those scopes, beside his email (OpenID Connect Core 1.0 section 5.4).
 *
 * @param {Person} person
 * @param {string[]} scopes
 * @returns {Record<string, string>}
 */
export function profileOf({ name, givenName, familyName, picture, hd }, scopes) {
  return {
    ...(areGranted(scopes, ["profile"]) ? { name, given_name: givenName, family_name: familyName, picture } : {}),
    ...(hd === undefined ? {} : { hd }),
  };
}
