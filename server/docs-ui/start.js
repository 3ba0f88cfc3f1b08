// The docs browser: Scalar, told to keep to itself, and a log-in that feeds its requests. Tokens live in
// this page's memory and nowhere else.
'use strict';

const settings = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  persistAuth: false,
  orderSchemaPropertiesBy: 'preserve',
  orderRequiredPropertiesFirst: true,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
};

const authentication = (token) => ({
  preferredSecurityScheme: 'bearerAuth',
  securitySchemes: { bearerAuth: { token } },
});

const form = document.getElementById('log-in');
const who = document.getElementById('who');
const out = document.getElementById('log-out');
const docs = Scalar.createApiReference('#docs', { ...settings, authentication: authentication('') });

let tokens = null;
let renewal = 0;

function show(text, refused = false) {
  who.textContent = text;
  who.classList.toggle('refused', refused);
}

function take(next) {
  tokens = next;
  form.classList.toggle('in', tokens !== null);
  out.hidden = tokens === null;
  docs.updateConfiguration({ ...settings, authentication: authentication(tokens?.access_token ?? '') });
  clearTimeout(renewal);
  if (tokens !== null) {
    // Half a minute before it expires.
    const left = tokens.expires_at * 1000 - Date.now() - 30_000;
    renewal = setTimeout(renew, Math.max(left, 1_000));
  }
}

async function answer(path, options) {
  const response = await fetch(path, options);
  const text = await response.text();
  const body = text === '' ? {} : JSON.parse(text);
  if (!response.ok) throw new Error(body.message ?? `the server answered ${response.status}`);
  return body;
}

const withBoth = () => ({
  method: 'POST',
  headers: { 'Authorization': `Bearer ${tokens.access_token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify({ refresh_token: tokens.refresh_token }),
});

async function renew() {
  try {
    take(await answer('/auth/token', withBoth()));
  } catch (error) {
    take(null);
    show(`The session has ended: ${error.message}`, true);
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { user, password } = Object.fromEntries(new FormData(form));
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const basic = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  try {
    take(await answer('/auth', { headers: { 'Authorization': `Basic ${basic}` } }));
    form.elements.password.value = '';
    show(`Logged in as ${user}. Requests from this page are sent as this user.`);
  } catch (error) {
    show(error.message, true);
  }
});

out.addEventListener('click', async () => {
  const last = withBoth();
  take(null);
  show('Logged out.');
  await fetch('/auth/logout', last).catch(() => {});
});
