import { json } from "./answers.js";

/** An error of RFC 6749 section 5.2, which becomes the token endpoint's answer. */
export class OAuthError extends Error {
  /**
   * @param {string} code
   * @param {string} description
   * @param {number} [status]
   * @param {Record<string, string>} [more] further fields of the answer, such as Google's error_subtype
   */
  constructor(code, description, status = 400, more) {
    super(`${code}: ${description}`);
    this.name = "OAuthError";
    this.code = code;
    this.description = description;
    this.status = status;
    this.more = more;
  }

  toResponse() {
    return json({ error: this.code, error_description: this.description, ...this.more }, { status: this.status });
  }
}
