// Opens the documentation in a browser that can reach one server and no other host. Checks that it renders, has an
// entry for every tag, sends a request with a token, fits screens of two sizes, and requests nothing from other hosts.
//
// node browser.mjs URL CHROMIUM FOLDER: FOLDER receives the profile of the browser and screenshots.

import puppeteer from "puppeteer-core";

import { checkScreens } from "./browser-screens.mjs";

const TIMEOUT = { timeout: 60_000 };
const [url, executablePath, folder] = process.argv.slice(2);
const host = new URL(url).host;
const findings = [];
const external = new Set();
let requests = 0;
let sent = 0;

const browser = await puppeteer.launch({
  executablePath,
  userDataDir: `${folder}/profile`,
  // Requests to other hosts are recorded, and fail.
  args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
});
try {
  const page = await browser.newPage();

  // Sends the form of an operation with its example, and checks that the server has created the object.
  async function sendForm(method, path, name) {
    const button = (label) => page.waitForFunction((start) => {
      const text = (element) => element.innerText.replace(/\s+/g, " ").trim().toLowerCase();
      return [...globalThis.document.querySelectorAll("button")]
        .find((element) => text(element).startsWith(start.toLowerCase()) && element.checkVisibility());
    }, TIMEOUT, label);
    await page.goto(`${url}/docs#tag/checks/${method}${path}`);
    await (await button(`Test Request (${method} ${path})`)).evaluate((element) => element.click());
    await page.waitForSelector("[role=dialog]", TIMEOUT);
    const responded = page.waitForResponse((response) => response.request().method() === method, TIMEOUT);
    await (await button("Send")).click();
    const response = await responded;
    const request = response.request();
    const { authorization } = request.headers();
    if (!authorization?.startsWith("Bearer ey")) findings.push("the request of the form has no token");
    if (response.status() !== 200 || request.isNavigationRequest()) {
      findings.push(`${method} ${request.url()} returned ${response.status()}: ${await response.text()}`);
    }
    await page.waitForFunction((part) => {
      const text = globalThis.document.querySelector("[role=dialog]").innerText;
      return text.includes("200 OK") && text.includes(part);
    }, TIMEOUT, name).catch(() => findings.push("the form does not show the response"));
    await new Promise((done) => setTimeout(done, 1000)); // animations
    await page.screenshot({ path: `${folder}/form.png` });
    const created = await fetch(`${request.url()}/${name}`, { headers: { authorization } });
    if (created.status === 200) sent += 1;
    else findings.push(`${name} does not exist: ${created.status}`);
  }

  await page.setViewport({ width: 1440, height: 1000 });
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (!address.protocol.startsWith("http")) return;
    requests += 1;
    if (address.host !== host) external.add(address.host);
  });
  page.on("pageerror", (error) => findings.push(`the page fails: ${error.message}`));

  await page.goto(`${url}/docs`, { waitUntil: "load" });
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const waitForText = (text) => page.waitForFunction(
    (part) => globalThis.document.body.innerText.toLowerCase().includes(part.toLowerCase()), TIMEOUT, text);
  await waitForText(document.info.title);
  for (const { name } of document.tags) {
    await waitForText(name).catch(() => findings.push(`the page does not show the tag ${name}`));
  }

  // The page shows schemas in the order of the document.
  const schemas = Object.keys(document.components.schemas);
  if (schemas.join() !== schemas.toSorted().join()) findings.push("the schemas are not in alphabetical order");

  // An authenticated request from the page, under its content security policy.
  const fetched = await page.evaluate(async () => {
    const login = await fetch("/auth", { headers: { Authorization: `Basic ${btoa("admin:P@ssw0rd!")}` } });
    const { access_token } = await login.json();
    const headers = { Authorization: `Bearer ${access_token}` };
    const response = await fetch("/apis/core/v2/namespaces", { headers });
    return { status: response.status, body: await response.json() };
  });
  if (fetched.status !== 200 || fetched.body[0]?.name !== "default") {
    findings.push(`the authenticated request: ${JSON.stringify(fetched)}`);
  }
  // The log-in form of the page, which passes its token to the forms of the operations.
  await page.type("#log-in [name=user]", "admin");
  await page.type("#log-in [name=password]", "P@ssw0rd!");
  await page.click("#log-in button");
  await page.waitForFunction(() => !globalThis.document.getElementById("log-out").hidden, TIMEOUT)
    .catch(() => findings.push("the log-in form does not log in"));
  await sendForm("POST", "/apis/core/v2/namespaces/{namespace}/checks", "check-cpu");

  // A request that the policy has to block: otherwise the list of external hosts proves nothing.
  const blocked = await page.evaluate(() => fetch("http://other.example/").then(() => false, () => true));
  if (!blocked) findings.push("the page can reach other hosts");
  external.delete("other.example");

  // Scrolls through the page, because parts of it load when they become visible.
  await page.evaluate(async () => {
    const step = globalThis.innerHeight;
    for (let top = 0; top < Math.min(globalThis.document.body.scrollHeight, 40 * step); top += step) {
      globalThis.scrollTo(0, top);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
    globalThis.scrollTo(0, 0);
  });
  await page.waitForNetworkIdle({ idleTime: 1000, ...TIMEOUT });
  await page.screenshot({ path: `${folder}/docs.png` });

  const screenshots = await checkScreens({ browser, url, folder, findings, timeout: TIMEOUT });
  for (const name of external) findings.push(`a request to ${name}`);
  console.log(JSON.stringify({
    findings, requests, external: external.size, sent, tags: document.tags.length,
    screenshots,
  }));
} finally {
  await browser.close();
}
