// Settings of orval: a client on fetch with the base URL and the token of `orval_fetch.ts`, and schemas of zod.

const input = { target: process.env.SENSU_DOCUMENT };
const override = { mutator: { path: "./fetch.ts", name: "send", extension: ".js" }, useDates: false };

module.exports = {
  client: { input, output: { target: "sensu.ts", client: "fetch", override } },
  schemas: { input, output: { target: "schemas.ts", client: "zod" } },
};
