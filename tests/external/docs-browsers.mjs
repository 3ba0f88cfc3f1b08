// Opens the document in other docs browsers than the one that the server has. Each has to render every operation it is
// asked for, without errors, and writes a screenshot of one operation. Prints a report as JSON.
//
// node docs-browsers.mjs DOCUMENT CHROMIUM PACKAGES FOLDER: PACKAGES contains the docs browsers, FOLDER receives the
// profile of the browser and the screenshots.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import puppeteer from "puppeteer-core";

const TIMEOUT = { timeout: 60_000 };
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };
const [file, executablePath, packages, folder] = process.argv.slice(2);
const document = JSON.parse(await readFile(file, "utf8"));
const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods)
  .map(([method, operation]) => ({ method, path, ...operation })));
const shown = operations.find(({ operationId }) => operationId === "check_create");

/**
 * The content of the page, and the part of it that shows an operation: either everything, after a change of the fragment of
 * the URL, or one element, which clicks on other elements open and close.
 */
const DOCS_BROWSERS = {
  rapidoc: {
    body: `<script type="module" src="/rapidoc/dist/rapidoc-min.js"></script>
      <rapi-doc spec-url="/openapi.json" render-style="focused" load-fonts="false" theme="light"></rapi-doc>`,
    fragment: ({ method, path }) => `${method}-${path.replace(/[\s{}]/g, "-")}`,
  },
  redoc: {
    body: `<redoc spec-url="/openapi.json"></redoc><script src="/redoc/bundles/redoc.standalone.js"></script>`,
    element: ({ operationId }) => `[id$="/operation/${operationId}"]`,
  },
  "swagger-ui": {
    body: `<link rel="stylesheet" href="/swagger-ui-dist/swagger-ui.css"><div id="ui"></div>
      <script src="/swagger-ui-dist/swagger-ui-bundle.js"></script>
      <script>SwaggerUIBundle({ url: "/openapi.json", dom_id: "#ui", docExpansion: "none" })</script>`,
    element: ({ tags, operationId }) => `#operations-${tags[0].replaceAll(" ", "_")}-${operationId}`,
    toggles: ({ tags, operationId }) => [`#operations-tag-${tags[0].replaceAll(" ", "_")}`,
      `#operations-${tags[0].replaceAll(" ", "_")}-${operationId} .opblock-summary-control`],
  },
  elements: {
    body: `<link rel="stylesheet" href="/@stoplight/elements/styles.min.css">
      <script src="/@stoplight/elements/web-components.min.js"></script>
      <elements-api apiDescriptionUrl="/openapi.json" router="hash" style="display: block; height: 100vh"></elements-api>`,
    fragment: ({ operationId }) => `/operations/${operationId}`,
  },
};

/** An image that Redoc loads from the network, whatever the document is. The page gets an empty one. */
const REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";

const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const page = DOCS_BROWSERS[path.slice(1)];
  const send = (type, content) => response.writeHead(200, { "content-type": type }).end(content);
  if (page !== undefined) send("text/html", `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${page.body}`);
  else if (path === "/openapi.json") send(TYPES[".json"], JSON.stringify(document));
  else {
    await readFile(join(packages, "node_modules", path)).then((content) => send(TYPES[extname(path)], content),
      () => response.writeHead(404).end());
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}`;

const browser = await puppeteer.launch({
  executablePath,
  userDataDir: `${folder}/profile`,
  args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
});
const findings = [];
const rendered = new Set();
let screenshots = 0;
try {
  for (const [name, docsBrowser] of Object.entries(DOCS_BROWSERS)) {
    await open(name, docsBrowser).catch((error) => findings.push(`${name}: ${error.message}`));
  }
} finally {
  await browser.close();
  server.close();
}
console.log(JSON.stringify({ findings, browsers: Object.keys(DOCS_BROWSERS).length, operations: operations.length,
  rendered: rendered.size, screenshots }));

async function open(name, { body, fragment, element, toggles = () => [] }) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 1440, height: 1400 });
  let current = shown;
  const report = (problem) => findings.push(`${name}, ${current.operationId}: ${problem}`);
  page.on("pageerror", (error) => report(error.message));
  page.on("console", (message) => message.type() === "error" && report(message.text()));
  page.on("requestfailed", (request) => report(`${request.url()} ${request.failure().errorText}`));
  await page.setRequestInterception(true);
  page.on("request", (request) => (request.url() === REDOC_LOGO
    ? request.respond({ contentType: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg' width='14' height='14'/>" }) : request.continue()));

  async function show(operation, texts) {
    current = operation;
    const selector = element?.(operation);
    if (fragment) await page.evaluate((hash) => { globalThis.location.hash = hash; }, fragment(operation));
    for (const toggle of toggles(operation)) await click(page, toggle);
    if (selector) await (await page.waitForSelector(selector, TIMEOUT)).evaluate((found) => found.scrollIntoView());
    // Up to the first markup. Summaries alone prove nothing, because lists of operations have them, too.
    const description = operation.description.split(/[`\n[*<]/)[0].trim();
    await waitForTexts(page, selector, [operation.summary, description, ...Object.keys(operation.responses), ...texts])
      .then(() => rendered.add(`${name} ${operation.operationId}`), () => report("summary, description, statuses or example are not shown"));
    return async () => {
      for (const toggle of toggles(operation).toReversed()) await click(page, toggle);
    };
  }
  await page.goto(`${url}/${name}${fragment ? `#${fragment(shown)}` : ""}`);
  const [example] = Object.values(Object.values(shown.requestBody.content)[0].examples);
  const hide = await show(shown, [example.value.command]);
  await new Promise((done) => setTimeout(done, 2000)); // animations
  await page.screenshot({ path: `${folder}/${name}.png` });
  screenshots += 1;
  await hide();
  for (const operation of operations) {
    if (findings.length > 50) throw new Error("too many findings");
    await (await show(operation, []))();
  }
  await context.close();
}

async function click(page, selector) {
  await (await page.waitForSelector(selector, TIMEOUT)).evaluate((element) => element.click());
}

/** Waits until the page, or an element of it, shows each text, in any shadow tree. */
function waitForTexts(page, selector, texts) {
  return page.waitForFunction((scope, all) => {
    const inner = (root) => [...root.querySelectorAll("*")].filter((element) => element.shadowRoot)
      .map(({ shadowRoot }) => [...shadowRoot.children].map((element) => element.innerText ?? "").join("\n") + inner(shadowRoot)).join("\n");
    const root = globalThis.document.querySelector(scope ?? "body");
    const text = root.innerText + inner(root);
    return all.every((part) => text.includes(part));
  }, { timeout: 20_000, polling: 50 }, selector, texts);
}
