// Generates types, schemas of zod, and a client on axios that validates responses. kubb's own command would look for a new
// version and send telemetry.

import { build } from "@kubb/core";
import { pluginClient } from "@kubb/plugin-client";
import { pluginOas } from "@kubb/plugin-oas";
import { pluginTs } from "@kubb/plugin-ts";
import { pluginZod } from "@kubb/plugin-zod";

const config = {
  root: process.cwd(),
  input: { path: process.env.SENSU_DOCUMENT },
  output: { path: "sensu", format: false, lint: false, extension: { ".ts": ".js" } },
  plugins: [
    pluginOas({ validate: false, generators: [] }),
    pluginTs({}),
    pluginZod({}),
    pluginClient({ client: "axios", bundle: true, dataReturnType: "full", parser: "zod" }),
  ],
};
const { error, failedPlugins } = await build({ config });
if (error || failedPlugins.size > 0) {
  throw new Error("kubb failed", { cause: error ?? [...failedPlugins] });
}
