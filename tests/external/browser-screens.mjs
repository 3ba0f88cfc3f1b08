// Checks the layout of the documentation page on a desktop and on a phone, in both themes, and takes screenshots.

const SCREENS = [
  { device: "desktop", width: 1440, height: 900 },
  { device: "phone", width: 390, height: 844, isMobile: true, hasTouch: true },
];
const THEMES = ["light", "dark"];
const USER = "admin";
const PASSWORD = "P@ssw0rd!";
const OPERATION = "POST/apis/core/v2/namespaces/{namespace}/checks";

// Selectors of what the first screen shows.
const LOG_IN = ["#log-in [name=user]", "#log-in [name=password]", "#log-in button:not([type])"];
const FIRST_SCREEN = [...LOG_IN, "#version", "#overview dd code", "#first-request", "#overview a"];

/** Checks every combination, and returns the number of screenshots. */
export async function checkScreens({ browser, url, folder, findings, timeout }) {
  let screenshots = 0;
  for (const { device, ...viewport } of SCREENS) {
    for (const theme of THEMES) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.setViewport(viewport);
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      const view = { page, url, timeout, isDark: theme === "dark" };
      for (const [name, open] of Object.entries(VIEWS)) {
        const problems = await open(view).then(() => [], (error) => [error.message]);
        problems.push(...await layoutProblems(view));
        findings.push(...problems.map((problem) => `${device}, ${theme}, ${name}: ${problem}`));
        await page.screenshot({ path: `${folder}/${device}-${theme}-${name}.png` });
        screenshots += 1;
      }
      await context.close();
    }
  }
  return screenshots;
}

// The views, in the order in which they are opened.
const VIEWS = {
  async start({ page, url, timeout }) {
    await page.goto(`${url}/docs`);
    await page.waitForSelector(".introduction-description", timeout);
    await settle(page);
    await expectInViewport(page, FIRST_SCREEN);
    const text = await page.evaluate(() => globalThis.document.body.innerText);
    if (text.includes("127.0.0.1:8080")) throw new Error("the page shows the address of another server");
    if (text.split(url).length < 4) throw new Error("the page does not show the address of its server");
  },
  async refused({ page, timeout }) {
    await logIn(page, "wrong password");
    await page.waitForSelector("#who.error:not(:empty)", timeout);
    await expectInViewport(page, [...LOG_IN, "#who"]);
  },
  async operation({ page, url, timeout }) {
    await logIn(page, PASSWORD);
    await page.waitForSelector("#log-out:not([hidden])", timeout);
    await page.goto(`${url}/docs#tag/checks/${OPERATION}`);
    await page.waitForFunction((end) => {
      const section = [...globalThis.document.querySelectorAll("section")].find(({ id }) => id.endsWith(end));
      const top = section?.getBoundingClientRect().top;
      return top >= 0 && top < globalThis.innerHeight / 2;
    }, timeout, OPERATION);
    await settle(page);
    await expectInViewport(page, ["#who", "#log-out"]);
  },
  async request({ page, timeout }) {
    const button = await page.waitForFunction((path) => [...globalThis.document.querySelectorAll("button")]
      .find((element) => element.textContent.replace(/\s/g, "").toLowerCase().endsWith(`(${path})`)),
    timeout, OPERATION.toLowerCase());
    await button.evaluate((element) => element.click());
    await page.waitForSelector("[role=dialog] .app-exit-button", timeout);
    await settle(page);
    await expectInViewport(page, ["[role=dialog] .app-exit-button"]);
    const send = await page.waitForFunction(() => [...globalThis.document.querySelectorAll("[role=dialog] button")]
      .find((element) => element.innerText.trim().startsWith("Send") && element.checkVisibility()), timeout);
    if (!await send.isIntersectingViewport({ threshold: 1 })) throw new Error("Send is not completely visible");
    const problems = await page.evaluate(() => {
      const find = (selector) => globalThis.document.querySelector(selector);
      const close = find("[role=dialog] .app-exit-button").getBoundingClientRect();
      const isVisible = (element) => element.checkVisibility();
      return [
        close.top < find("#log-out").getBoundingClientRect().bottom && "the close button covers the bar",
        [...globalThis.document.querySelectorAll(".scalar-reference-intro-auth, [role=dialog] .scalar-password-input")]
          .some(isVisible) && "there is a second place to authenticate",
      ].filter(Boolean);
    });
    if (problems.length > 0) throw new Error(problems.join(", "));
  },
  async schemas({ page, url, timeout }) {
    await page.goto("about:blank");
    await page.goto(`${url}/docs#schemas`);
    const title = await page.waitForFunction(() => [...globalThis.document.querySelectorAll("h2")]
      .find((element) => element.innerText.trim() === "Schemas"), timeout);
    // Twice, because parts above the title get their height when they become visible.
    for (const _ of ["load", "place"]) {
      await settle(page);
      await title.evaluate((element) => element.scrollIntoView({ block: "center" }));
    }
    await settle(page);
  },
};

async function logIn(page, password) {
  for (const [name, value] of [["user", USER], ["password", password]]) {
    await page.$eval(`#log-in [name=${name}]`, (input) => { input.value = ""; });
    await page.type(`#log-in [name=${name}]`, value);
  }
  await page.click("#log-in button:not([type])");
}

// Waits until animations have ended and parts that load when they become visible have loaded.
async function settle(page) {
  await page.waitForNetworkIdle({ idleTime: 500 });
  await new Promise((done) => setTimeout(done, 1000));
}

// Every element that a selector matches has to be in the viewport, not cut off and not covered.
async function expectInViewport(page, selectors) {
  const outside = await page.evaluate((all) => all.filter((selector) => {
    const elements = [...globalThis.document.querySelectorAll(selector)];
    return elements.length === 0 || elements.some((element) => {
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      const { x, y } = element.getClientRects()[0] ?? {};
      const front = width > 0 && globalThis.document.elementFromPoint(x + 2, y + 2);
      return width === 0 || height === 0 || left < 0 || top < 0 || right > globalThis.innerWidth
        || bottom > globalThis.innerHeight
        || element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && !element.matches("input")
        || !(element.contains(front) || front?.contains(element));
    });
  }), selectors);
  if (outside.length > 0) throw new Error(`not completely visible: ${outside.join(", ")}`);
}

// Rules for every view: no horizontal scrolling of the page, no white fields in the dark theme.
async function layoutProblems({ page, isDark }) {
  const width = page.viewport().width;
  const { overflow, fields } = await page.evaluate((expected) => {
    const white = (element) => {
      const [red, green, blue, alpha = 1] = getComputedStyle(element).backgroundColor.match(/[\d.]+/g).map(Number);
      return alpha > 0.5 && Math.min(red, green, blue) > 200;
    };
    const root = globalThis.document.documentElement;
    return {
      overflow: Math.max(root.scrollWidth, globalThis.innerWidth) - expected,
      fields: [...globalThis.document.querySelectorAll("input, textarea, select")]
        .filter((element) => element.checkVisibility() && white(element)).map((element) => element.outerHTML),
    };
  }, width);
  return [
    ...(overflow > 0 ? [`the page is ${overflow} px wider than the screen`] : []),
    ...(isDark ? fields.map((field) => `a white field in the dark theme: ${field}`) : []),
  ];
}
