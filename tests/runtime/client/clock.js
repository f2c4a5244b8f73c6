// The clocks that a case sees.

const put = (owner, name, value) => Object.defineProperty(owner, name, { value, configurable: true, writable: true });

/** Stops this runtime's clocks: they go on by `move`, and go their own way again after `back`. */
export function byHand() {
  const [dateNow, performanceNow] = [Date.now, performance.now];
  let [wall, mono] = [Date.now(), performance.now()];
  put(Date, "now", () => wall);
  put(performance, "now", () => mono);
  return {
    move(ms) {
      wall += ms;
      mono += ms;
    },
    back() {
      put(Date, "now", dateNow);
      put(performance, "now", performanceNow);
    },
  };
}

/** Moves this runtime's clocks and an emulator's, all of them alike, and gives what puts the runtime's back. */
export async function later({ emulator }, seconds) {
  const [dateNow, performanceNow] = [Date.now, performance.now];
  put(Date, "now", () => dateNow() + seconds * 1000);
  put(performance, "now", () => performanceNow.call(performance) + seconds * 1000);
  await emulator.setClock({ offset: seconds * 1000 });
  return () => {
    put(Date, "now", dateNow);
    put(performance, "now", performanceNow);
  };
}
