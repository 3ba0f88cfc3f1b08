// Starts the docs browser (Scalar, without requests to other hosts) and the login form, whose access token it sends.
// Tokens are stored in the memory of the page only.
'use strict';

// The address in the served document and in the page, which `address` replaces.
const DOCUMENTED_ADDRESS = 'http://127.0.0.1:8080';
const address = location.origin;

const settings = {
  withDefaultFonts: false,
  telemetry: false,
  documentDownloadType: 'none',
  hideClientButton: true,
  modelsSectionLabel: 'Schemas',
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  persistAuth: false,
  orderSchemaPropertiesBy: 'preserve',
  orderRequiredPropertiesFirst: true,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
};

const withAddress = (text) => text.replaceAll(DOCUMENTED_ADDRESS, address);

const form = document.getElementById('log-in');
const who = document.getElementById('who');
const out = document.getElementById('log-out');
let docs = null;
let tokens = null;
let renewal = 0;

function showStatus(text, isError = false) {
  who.textContent = text;
  who.classList.toggle('error', isError);
}

// Requests are sent with the token of the bar.
const configuration = () => ({
  ...settings,
  authentication: { securitySchemes: { bearerAuth: { token: tokens?.access_token ?? '' } } },
});

function setTokens(next) {
  tokens = next;
  form.classList.toggle('in', tokens !== null);
  out.hidden = tokens === null;
  docs?.updateConfiguration(configuration());
  clearTimeout(renewal);
  if (tokens !== null) {
    // 30 seconds before expiry.
    const delay = tokens.expires_at * 1000 - Date.now() - 30_000;
    renewal = setTimeout(renew, Math.max(delay, 1_000));
  }
}

async function request(path, options) {
  // Without `omit`, browsers ask for a password themselves after a 401.
  const response = await fetch(path, { ...options, credentials: 'omit' });
  const text = await response.text();
  const body = text === '' ? {} : JSON.parse(text);
  if (!response.ok) throw new Error(body.message ?? `status ${response.status}`);
  return body;
}

const withBothTokens = () => ({
  method: 'POST',
  headers: { 'Authorization': `Bearer ${tokens.access_token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify({ refresh_token: tokens.refresh_token }),
});

async function renew() {
  try {
    setTokens(await request('/auth/token', withBothTokens()));
  } catch (error) {
    setTokens(null);
    showStatus(`The session has ended: ${error.message}`, true);
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { user, password } = Object.fromEntries(new FormData(form));
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const basic = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  try {
    setTokens(await request('/auth', { headers: { 'Authorization': `Basic ${basic}` } }));
    form.elements.password.value = '';
    showStatus(`Logged in as ${user}`);
  } catch (error) {
    showStatus(error.message, true);
  }
});

out.addEventListener('click', async () => {
  const last = withBothTokens();
  setTokens(null);
  showStatus('Logged out.');
  await fetch('/auth/logout', last).catch(() => {});
});

// Names of the examples of request bodies.
const EXAMPLES = ['typical', 'minimal', 'full'];

// Adapts a value of the document to this page.
function adapt(key, value) {
  // Code samples and descriptions get the address of this server.
  if (typeof value === 'string') return key === 'source' || key === 'description' ? withAddress(value) : value;
  // Scalar fills in parameters whose example has the name of the selected example of the body.
  if (value?.in === 'path' && 'example' in value) {
    const { example, ...parameter } = value;
    const examples = EXAMPLES.map((name) => [name, { value: example }]);
    return { ...parameter, examples: Object.fromEntries(examples) };
  }
  return value;
}

async function showDocument() {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`/openapi.json: status ${response.status}`);
  settings.content = JSON.parse(await response.text(), adapt);
  settings.content.servers = [{ url: address }];
  docs = Scalar.createApiReference('#docs', configuration());
}

for (const element of document.querySelectorAll('[data-origin]')) {
  element.textContent = withAddress(element.textContent);
}

// The content below the bar starts where the bar ends; its height depends on the width and on the status.
new ResizeObserver(() => {
  document.documentElement.style.setProperty('--bar', `${form.offsetHeight}px`);
}).observe(form);

showDocument().catch((error) => showStatus(error.message, true));
