// The subpath for Workers, imported where there are none.
const failure = await import("cloud-run-auth/durable-object").catch((error) => error);
console.log(JSON.stringify({ message: failure.message }));
