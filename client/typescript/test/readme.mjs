// Writes the TypeScript snippets of README.md to a module, in their order, with the address in `SENSU_URL`.
//
// Usage: node readme.mjs README.md readme.test.ts

import { readFile, writeFile } from "node:fs/promises";

const [readme, module] = process.argv.slice(2);
const text = await readFile(readme, "utf8");
const snippets = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, snippet]) => snippet);
const source = snippets.join("\n");
const url = '"http://127.0.0.1:8080"';
if (source.split(url).length !== 2) throw new Error(`the snippets must contain ${url} once`);
await writeFile(module, source.replace(url, 'process.env["SENSU_URL"] ?? ""'));
