// Imported before the package: makes the module's memory visible, counts those who sign, and has the clocks stand still between I/O, as on Cloudflare's own
// network, where that is asked for.

/** @type {WebAssembly.Memory[]} of each core that was started */
export const memories = [];
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    if ("room" in this.exports) memories.push(this.exports.memory);
  }
};

/** Of the leaders of exchanges, each signs first. */
export const signed = { count: 0 };
const { sign } = SubtleCrypto.prototype;
SubtleCrypto.prototype.sign = function (...given) {
  signed.count += 1;
  return sign.apply(this, given);
};

const [now, elapsed, later] = [Date.now, performance.now, globalThis.setTimeout];
/** @type {[wall: number, elapsed: number] | undefined} */
let still;

export const realNow = () => now.call(Date);

/** Something came from outside: clocks go on until here. */
export function tick() {
  if (still) still = [now.call(Date), elapsed.call(performance)];
}

/** @param {boolean} yes */
export function freeze(yes) {
  still = yes ? [now.call(Date), elapsed.call(performance)] : undefined;
}

Date.now = () => (still ? still[0] : now.call(Date));
Object.defineProperty(performance, "now", { value: () => (still ? still[1] : elapsed.call(performance)), configurable: true });
globalThis.setTimeout = (act, ms, ...rest) =>
  later(() => {
    tick();
    act(...rest);
  }, ms);
