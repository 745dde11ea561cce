// A hospital's OpenID provider for the tests: the certified `oidc-provider`, on loopback, at a port of its own choosing.
//
//   node oidc-provider.mjs ['{"clients": [...], "accounts": {...}, "port": 0}']
//
// It prints one line of JSON, {"issuer": "...", "control": "..."}, when it is ready.
//
// clients    client metadata as in dynamic registration (client_id, client_secret, redirect_uris, ...)
// accounts   name -> claims. The name is what people type, and is the subject unless the claims hold a "sub".
//            "auth": {"acr": "...", "amr": [...]} says how the sign-in shall be reported.
// id_token_claims   false: all but the subject is left to the userinfo endpoint, as the core specification prefers
//
// Everything a test may do to it while it runs goes through POST {control}/<verb> with a JSON body:
//   client    {metadata}                                  add or replace a client
//   account   {"name": .., "claims": {..}}                add or replace an account
//   rotate    {"keep_old": true|false}                    new signing key; with or without the old one in the JWKS
//   clock     {"offset_seconds": n}                       a clock that goes wrong
//   disturb   {"path": "/jwks", "how": "500"|"hang"|"drip"|"close"|"garbage"|"redirect", "times": n}   omit times for "until calm"
//   calm      {}                                          ends every disturbance and tampering
//   tamper    {"claims": {..}, "header": {..}, "key": "own"|"stranger"|"none"}   rewrites id_tokens; a null claim is removed
//   response  {"iss": "https://..."|null}                 rewrites, or removes, `iss` in authorization responses
// and GET {control}/requests lists what was asked for: [{"method", "path"}, ...]; POST {control}/forget empties that list.

import { createServer } from 'node:http';
import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import Provider from 'oidc-provider';

const settings = { clients: [], accounts: {}, id_token_claims: true, port: 0, ...JSON.parse(process.argv[2] ?? '{}') };

const realNow = Date.now;
let offsetSeconds = 0;
Date.now = () => realNow() + offsetSeconds * 1000;

const records = new Map();
const accounts = new Map(Object.entries(settings.accounts));
const requests = [];
let disturbances = [];
let tampering = null;
let responseIss;
let keys = [newKey()];
let provider;
let handle;

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

// Everything the provider remembers, outside of the provider, so that a restart with new keys forgets nothing.
class Records {
  constructor(kind) {
    this.kind = kind;
  }
  key(id) {
    return `${this.kind}:${id}`;
  }
  async upsert(id, payload) {
    records.set(this.key(id), payload);
  }
  async find(id) {
    return records.get(this.key(id));
  }
  async #first(field, value) {
    return [...records].find(([key, record]) => key.startsWith(`${this.kind}:`) && record[field] === value)?.[1];
  }
  async findByUid(uid) {
    return this.#first('uid', uid);
  }
  async findByUserCode(code) {
    return this.#first('userCode', code);
  }
  async consume(id) {
    records.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    records.delete(this.key(id));
  }
  async revokeByGrantId(grantId) {
    for (const [key, record] of records) {
      if (record.grantId === grantId) records.delete(key);
    }
  }
}

const STANDARD_CLAIMS = {
  profile: ['name', 'family_name', 'given_name', 'middle_name', 'preferred_username', 'profile', 'zoneinfo', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
};

function claimsOfScopes() {
  const scoped = new Set(Object.values(STANDARD_CLAIMS).flat());
  const extra = [...accounts.values()].flatMap((claims) => Object.keys(claims)).filter((name) => name !== 'auth' && !scoped.has(name));
  return { openid: [...new Set(['sub', 'acr', 'amr', ...extra])], ...STANDARD_CLAIMS };
}

function subjectOf(name) {
  return accounts.get(name)?.sub ?? name;
}

function build() {
  provider = new Provider(issuer, {
    adapter: Records,
    jwks: { keys },
    cookies: { keys: ['a key of the tests'] },
    claims: claimsOfScopes(),
    acrValues: [...new Set([...accounts.values()].map((claims) => claims.auth?.acr).filter(Boolean))],
    clientBasedCORS: () => true,
    // It fetches from loopback addresses only when its own guard against that is left out.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    conformIdTokenClaims: !settings.id_token_claims,
    routes: { authorization: '/authorize', end_session: '/logout' },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true }, backchannelLogout: { enabled: true } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 3600, IdToken: 3600, Interaction: 3600, Session: 3600, Grant: 3600 },
    findAccount: (_ctx, subject) => {
      const found = [...accounts].find(([name]) => subjectOf(name) === subject);
      if (!found) return undefined;
      const { auth: _, ...claims } = found[1];
      return { accountId: subject, claims: () => ({ ...claims, sub: subject }) };
    },
    // A hospital agreed to its own access layer once, for everybody: nobody is asked for consent here.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ accountId: ctx.oidc.session.accountId, clientId: ctx.oidc.client.clientId });
      grant.addOIDCScope(ctx.oidc.params.scope);
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = page('Something is wrong', `<p role="alert">${escape(out.error)}: ${escape(out.error_description ?? '')}</p>`);
    },
  });
  provider.on('backchannel.error', (_ctx, error) => console.error(error));
  provider.use(async (ctx, next) => {
    await next();
    if (tampering && ctx.path === '/token' && ctx.body?.id_token) ctx.body = { ...ctx.body, id_token: tamper(ctx.body.id_token) };
    const location = ctx.response.get('location');
    if (responseIss !== undefined && /[?&]iss=/.test(location)) {
      const url = new URL(location);
      if (responseIss === null) url.searchParams.delete('iss');
      else url.searchParams.set('iss', responseIss);
      ctx.set('location', url.href);
    }
  });
  handle = provider.callback();
}

function tamper(token) {
  const [header, claims] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  const signer = tampering.key ?? 'own';
  const newHeader = { ...header, ...(signer === 'none' ? { alg: 'none' } : {}), ...tampering.header };
  const newClaims = Object.fromEntries(Object.entries({ ...claims, ...tampering.claims }).filter(([, value]) => value !== null));
  const input = [newHeader, newClaims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  if (signer === 'none') return `${input}.`;
  const jwk = signer === 'stranger' ? newKey() : keys[0];
  return `${input}.${sign('sha256', Buffer.from(input), createPrivateKey({ key: jwk, format: 'jwk' })).toString('base64url')}`;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:1rem/1.5 sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}label,input,button{display:block;margin:.5rem 0;font:inherit}</style>
<h1>${title}</h1>${body}</html>`;
}

function signInPage(interaction, complaint = '') {
  const name = interaction.params.login_hint ?? '';
  return page('Hospital sign-in', `${complaint && `<p role="alert">${escape(complaint)}</p>`}
<form method="post" action="/interaction/${interaction.uid}">
<label for="login">User name</label><input id="login" name="login" autocomplete="username" value="${escape(name)}">
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password">
<button type="submit" name="action" value="sign-in">Sign in</button><button type="submit" name="action" value="cancel">Cancel</button></form>`);
}

function html(res, status, body) {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(body);
}

async function bodyOf(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString();
}

// Any password will do: what is tested is what comes back from here, not this page.
async function interact(req, res) {
  let interaction;
  try {
    interaction = await provider.interactionDetails(req, res);
  } catch {
    return html(res, 400, page('Hospital sign-in', '<p role="alert">This sign-in is over or was begun in another browser.</p>'));
  }
  if (req.method === 'GET') return html(res, 200, signInPage(interaction));
  const form = new URLSearchParams(await bodyOf(req));
  if (form.get('action') === 'cancel') {
    return provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'The person cancelled the sign-in.' });
  }
  const name = form.get('login') ?? '';
  if (!accounts.has(name)) return html(res, 200, signInPage(interaction, `There is no account "${name}".`));
  const { acr, amr } = accounts.get(name).auth ?? {};
  return provider.interactionFinished(req, res, { login: { accountId: subjectOf(name), acr, amr, remember: true } }, { mergeWithLastSubmission: false });
}

const verbs = {
  client: (body) => void records.set(`Client:${body.client_id}`, body),
  account: (body) => {
    accounts.set(body.name, body.claims ?? {});
    build();
  },
  rotate: (body) => {
    keys = [newKey(), ...((body.keep_old ?? true) ? keys : [])];
    build();
    return { kid: keys[0].kid };
  },
  clock: (body) => void (offsetSeconds = body.offset_seconds ?? 0),
  disturb: (body) => void disturbances.push({ times: Infinity, ...body }),
  calm: () => {
    for (const { held } of disturbances) held?.forEach((res) => res.destroy());
    disturbances = [];
    tampering = null;
    responseIss = undefined;
  },
  tamper: (body) => void (tampering = body),
  response: (body) => void (responseIss = body.iss),
  forget: () => void (requests.length = 0),
};

async function control(req, res, verb) {
  const answer = (status, body) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (req.method === 'GET' && verb === 'requests') return answer(200, requests);
  if (req.method !== 'POST' || !Object.hasOwn(verbs, verb)) return answer(404, { error: `no such verb: ${verb}` });
  return answer(200, verbs[verb](JSON.parse((await bodyOf(req)) || '{}')) ?? {});
}

function disturb(res, path) {
  const disturbance = disturbances.find((each) => each.times > 0 && (each.path === '*' || each.path === path));
  if (!disturbance) return false;
  disturbance.times -= 1;
  if (disturbance.how === 'hang') (disturbance.held ??= []).push(res);
  else if (disturbance.how === 'drip') {
    res.writeHead(200, { 'content-type': 'application/json' }).write('{');
    (disturbance.held ??= []).push(res);
  } else if (disturbance.how === 'close') res.destroy();
  else if (disturbance.how === 'garbage') res.writeHead(200, { 'content-type': 'application/json' }).end('{"keys": [');
  else if (disturbance.how === 'redirect') res.writeHead(302, { location: `${issuer}/elsewhere` }).end();
  else res.writeHead(500, { 'content-type': 'text/plain' }).end('out of order');
  return true;
}

const server = createServer(async (req, res) => {
  const { pathname } = new URL(req.url, 'http://127.0.0.1');
  try {
    if (pathname.startsWith('/_control/')) return await control(req, res, pathname.slice('/_control/'.length));
    requests.push({ method: req.method, path: pathname });
    if (disturb(res, pathname)) return undefined;
    if (pathname.startsWith('/interaction/')) return await interact(req, res);
    return handle(req, res);
  } catch (error) {
    console.error(error);
    return res.headersSent ? res.end() : res.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
  }
});

let issuer;
server.listen(settings.port, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  for (const client of settings.clients) records.set(`Client:${client.client_id}`, client);
  build();
  console.log(JSON.stringify({ issuer, control: `${issuer}/_control` }));
});
