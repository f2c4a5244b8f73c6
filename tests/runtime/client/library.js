// What the package exports, by all its names that the cases use.
export * from "cloud-run-auth";
export * from "cloud-run-auth/login";
export * from "cloud-run-auth/service";
export * from "cloud-run-auth/stores/memory";
export * from "cloud-run-auth/stores/sealed";
export * from "cloud-run-auth/user";
export * from "cloud-run-auth/verify";
