// What the scripts of this folder share: the call they are to make, and how they tell of it.

/** The options of the service to call, from the command line. */
export const given = JSON.parse(process.argv[2]);

export const began = Date.now();

export function report(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A call's status, or the code of what it failed with. */
export async function outcome(call) {
  try {
    return (await call()).status;
  } catch (error) {
    return error.code ?? `${error.name}: ${error.message}`;
  }
}

export const optionsOf = ({ credential, endpoints }) => ({ credential, endpoints });
