// The clocks that a case sees.

/** Moves this runtime's clocks and an emulator's, all of them alike, and gives what puts the runtime's back. */
export async function later({ emulator }, seconds) {
  const [dateNow, performanceNow] = [Date.now, performance.now];
  const put = (owner, name, value) => Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  put(Date, "now", () => dateNow() + seconds * 1000);
  put(performance, "now", () => performanceNow.call(performance) + seconds * 1000);
  await emulator.setClock({ offset: seconds * 1000 });
  return () => {
    put(Date, "now", dateNow);
    put(performance, "now", performanceNow);
  };
}
