// Settings of hey-api: a client on fetch. SENSU_VALIDATOR adds schemas of zod, which validate requests and responses.

const validator = process.env.SENSU_VALIDATOR !== undefined;

export default {
  input: process.env.SENSU_DOCUMENT,
  output: { path: "sensu", module: { extension: ".js" } },
  plugins: [
    "@hey-api/typescript",
    "@hey-api/client-fetch",
    ...(validator ? [{ name: "zod", compatibilityVersion: 4 }] : []),
    { name: "@hey-api/sdk", validator },
  ],
};
