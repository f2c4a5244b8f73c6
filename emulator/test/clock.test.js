import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator } from "../index.js";

test("the clock runs from the real one, with an offset and a scale, and jumps only when told", () => {
  let real = 1_000_000;
  const { clock, reset } = createEmulator({ now: () => real });
  assert.deepEqual([clock.now(), clock.offset, clock.scale], [1_000_000, 0, 1]);
  real += 500;
  assert.deepEqual([clock.now(), clock.offset], [1_000_500, 0]);

  clock.offset = -100_000;
  assert.equal(clock.now(), 900_500);
  clock.scale = 60;
  assert.equal(clock.now(), 900_500, "changing the scale is no jump");
  real += 1000;
  assert.equal(clock.now(), 960_500);
  assert.equal(clock.offset, 960_500 - real);
  clock.scale = 0;
  real += 1000;
  assert.equal(clock.now(), 960_500);
  clock.offset = 0;
  assert.equal(clock.now(), real);

  reset();
  assert.deepEqual([clock.now(), clock.offset, clock.scale], [real, 0, 1]);
  for (const bad of [NaN, Infinity, "1", null]) assert.throws(() => (clock.offset = bad), TypeError);
  for (const bad of [NaN, Infinity, -1, "1"]) assert.throws(() => (clock.scale = bad), TypeError);
});

test("a clock that starts at zero, as at a Worker's global scope, is right afterwards", () => {
  let real = 0;
  const { clock } = createEmulator({ now: () => real });
  real = 1_700_000_000_000;
  assert.equal(clock.now(), real);
});

test("options that cannot be are refused", () => {
  for (const options of [{ idTokenLifetime: "1" }, { accessTokenLifetime: NaN }, { jwksMaxAge: null }, { origin: "nowhere" }]) {
    assert.throws(() => createEmulator(options), TypeError, JSON.stringify(options));
  }
});
