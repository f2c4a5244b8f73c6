// A way around Request and Response, for a socket of Node's: to make those takes longer than to answer.

/**
 * @typedef {{ method: string, target: string, headers: [name: string, value: string][], body: string, unreadable: boolean, peer: string }} Came
 * @typedef {{ status: number, headers: [name: string, value: string][], body: string }} Answered
 * @typedef {(came: (signal: AbortSignal) => Promise<Came>, traceparent: string) => Promise<Answered>} Answer
 */

/** How each service answers. @type {WeakMap<object, Answer>} */
export const answers = new WeakMap();
