// The documentation in a browser that can reach one server and nothing else: it renders, has a place for
// every tag, sends a request with a token, and asks no other host for anything.
//
// node browser.mjs URL CHROMIUM FOLDER, where FOLDER takes the browser's profile and the pictures.

import puppeteer from "puppeteer-core";

const [url, executablePath, folder] = process.argv.slice(2);
const host = new URL(url).host;
const found = [];
const external = new Set();
let requests = 0;
let sent = 0;

const browser = await puppeteer.launch({
  executablePath,
  userDataDir: `${folder}/profile`,
  // What asks for another host is recorded, and cannot be answered.
  args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
});
try {
  const page = await browser.newPage();

  // An operation's own form, with the example that it is filled with, sent with its own button.
  async function tryIt(method, path, name) {
    const button = (label) => page.waitForFunction((wanted) => {
      const said = (one) => one.innerText.replace(/\s+/g, " ").trim().toLowerCase();
      return [...globalThis.document.querySelectorAll("button")]
        .find((one) => said(one).startsWith(wanted.toLowerCase()) && one.checkVisibility());
    }, { timeout: 60_000 }, label);
    await page.goto(`${url}/docs#tag/checks/${method}${path}`);
    await (await button(`Test Request (${method} ${path})`)).evaluate((one) => one.click());
    await page.waitForSelector("[role=dialog]", { timeout: 60_000 });
    const answered = page.waitForResponse((answer) => answer.request().method() === method, { timeout: 60_000 });
    await (await button("Send")).click();
    const answer = await answered;
    const asked = answer.request();
    if (!asked.headers().authorization?.startsWith("Bearer ey")) found.push("the sent request has no token");
    if (answer.status() !== 200 || asked.isNavigationRequest()) {
      found.push(`${method} ${asked.url()} was answered ${answer.status()}: ${await answer.text()}`);
    }
    await page.waitForFunction((wanted) => {
      const text = globalThis.document.querySelector("[role=dialog]").innerText;
      return text.includes("200 OK") && text.includes(wanted);
    }, { timeout: 60_000 }, name).catch(() => found.push("the answer is not shown"));
    await page.screenshot({ path: `${folder}/tried.png` });
    // What was sent has happened.
    const { authorization } = asked.headers();
    const there = await fetch(`${asked.url()}/${name}`, { headers: { authorization } });
    if (there.status === 200) sent += 1;
    else found.push(`${name} is not there: ${there.status}`);
  }

  await page.setViewport({ width: 1440, height: 1000 });
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (!address.protocol.startsWith("http")) return;
    requests += 1;
    if (address.host !== host) external.add(address.host);
  });
  page.on("pageerror", (error) => found.push(`the page fails: ${error.message}`));

  await page.goto(`${url}/docs`, { waitUntil: "load" });
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const shown = (text) => page.waitForFunction(
    (wanted) => globalThis.document.body.innerText.toLowerCase().includes(wanted.toLowerCase()),
    { timeout: 60_000 }, text);
  await shown(document.info.title);
  for (const { name } of document.tags) {
    await shown(name).catch(() => found.push(`the tag ${name} is not shown`));
  }

  // The same request that "try it" sends: from the page, under its content security policy.
  const tried = await page.evaluate(async () => {
    const doors = await fetch("/auth", { headers: { Authorization: `Basic ${btoa("admin:P@ssw0rd!")}` } });
    const { access_token } = await doors.json();
    const headers = { Authorization: `Bearer ${access_token}` };
    const answer = await fetch("/apis/core/v2/namespaces", { headers });
    return { status: answer.status, body: await answer.json() };
  });
  if (tried.status !== 200 || tried.body[0]?.name !== "default") {
    found.push(`the authorised request: ${JSON.stringify(tried)}`);
  }
  // The page's own form, which hands its token to "try it".
  await page.type("#log-in [name=user]", "admin");
  await page.type("#log-in [name=password]", "P@ssw0rd!");
  await page.click("#log-in button");
  await page.waitForFunction(() => !globalThis.document.getElementById("log-out").hidden, { timeout: 20_000 })
    .catch(() => found.push("the log-in form does not log in"));
  await tryIt("POST", "/apis/core/v2/namespaces/{namespace}/checks", "check-cpu");

  // Once more with what a policy has to forbid; if this gets out, the recording above is worth nothing.
  const refused = await page.evaluate(() => fetch("http://other.example/").then(() => false, () => true));
  if (!refused) found.push("the page can reach other hosts");
  external.delete("other.example");

  // Whatever loads late, loads when it comes into view.
  await page.evaluate(async () => {
    const step = globalThis.innerHeight;
    for (let top = 0; top < Math.min(globalThis.document.body.scrollHeight, 40 * step); top += step) {
      globalThis.scrollTo(0, top);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
    globalThis.scrollTo(0, 0);
  });
  await page.waitForNetworkIdle({ idleTime: 1000, timeout: 60_000 });
  await page.screenshot({ path: `${folder}/docs.png` });
  for (const name of external) found.push(`a request to ${name}`);
  console.log(JSON.stringify({ found, requests, external: external.size, sent, tags: document.tags.length }));
} finally {
  await browser.close();
}
