// Settings of the generator: types, one class with a method per operation, and an HTTP client based on fetch.

/** @type {import("@hey-api/openapi-ts").UserConfig} */
export default {
  output: { path: "src/generated", module: { extension: ".js" } },
  plugins: [
    "@hey-api/typescript",
    // Errors are thrown, so the result of a call contains data without a check.
    { name: "@hey-api/client-fetch", throwOnError: true },
    {
      name: "@hey-api/sdk",
      operations: { strategy: "single", containerName: "Operations", methods: "instance" },
    },
  ],
};
