// Settings of kubb: types, schemas of zod, and a client on axios that validates responses.

import { defineConfig } from "@kubb/core";
import { pluginClient } from "@kubb/plugin-client";
import { pluginOas } from "@kubb/plugin-oas";
import { pluginTs } from "@kubb/plugin-ts";
import { pluginZod } from "@kubb/plugin-zod";

export default defineConfig({
  input: { path: process.env.SENSU_DOCUMENT ?? "" },
  output: { path: "sensu", format: false, lint: false, extension: { ".ts": ".js" } },
  plugins: [
    pluginOas({ validate: false, generators: [] }),
    pluginTs({}),
    pluginZod({}),
    pluginClient({ client: "axios", bundle: true, dataReturnType: "full", parser: "zod" }),
  ],
});
