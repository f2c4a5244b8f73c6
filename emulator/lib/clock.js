/** @typedef {import("../index.js").Clock} Clock */

/**
 * The emulator's clock: it runs from the real one, `scale` times as fast, and never jumps unless its offset is set.
 *
 * @param {() => number} real
 * @returns {Clock & { reset(): void }}
 */
export function createClock(real) {
  // From this pair of readings on, emulated time passes at `scale`.
  let realStart = real();
  let start = realStart;
  let scale = 1;

  /** @param {number} at */
  const emulated = (at) => start + (at - realStart) * scale;

  return {
    now: () => emulated(real()),
    get offset() {
      const at = real();
      return emulated(at) - at;
    },
    set offset(milliseconds) {
      if (!Number.isFinite(milliseconds)) throw new TypeError("clock.offset must be a finite number of milliseconds");
      realStart = real();
      start = realStart + milliseconds;
    },
    get scale() {
      return scale;
    },
    set scale(factor) {
      if (!Number.isFinite(factor) || factor < 0) throw new TypeError("clock.scale must be a finite number, 0 or above");
      const at = real();
      start = emulated(at);
      realStart = at;
      scale = factor;
    },
    reset() {
      realStart = start = real();
      scale = 1;
    },
  };
}
