// A SMART app for the tests, made of nothing but the stock browser bundle of the `fhirclient` package, on loopback.
//
//   node fhirclient-app.mjs ['{"client_id": "...", "scope": "...", "port": 0}']
//
// It prints one line of JSON, {"origin": "...", "launch": "...", "redirect": "...", "jwks": {...}}, when it is ready. With
// "with_key" in the settings it authenticates with the key whose public half is in "jwks".
//
//   /launch   calls FHIR.oauth2.authorize(); `iss` and `launch` as SMART says, `client_id`, `client_secret` and `scope` in the
//             query win over the settings
//   /app      calls FHIR.oauth2.ready() and shows what came of it:
//             #status   working, ready or failed          #error     the library's message
//             #token    the token response as JSON        #claims    the id_token's claims as JSON
//             #patient  the patient's record as JSON, or why it could not be read
//             #refresh  a button that uses the refresh token; #token then shows the new response

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const settings = { client_id: 'sample-app', scope: 'launch/patient openid fhirUser offline_access patient/*.rs', port: 0, ...JSON.parse(process.argv[2] ?? '{}') };
const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const naming = { kid: 'stock-1', alg: 'ES384' };
const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), ...naming, use: 'sig' };
const privateJwk = { ...pair.privateKey.export({ format: 'jwk' }), ...naming, key_ops: ['sign'], ext: true };
const bundle = readFileSync(new URL('node_modules/fhirclient/build/fhir-client.min.js', import.meta.url));

const page = (title, body, script) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}pre{background:#eee;padding:.5rem;white-space:pre-wrap;overflow-wrap:anywhere}</style>
<h1>${title}</h1><p id="status">working</p><pre id="error"></pre>${body}
<script src="/fhir-client.js"></script>
<script>
const put = (id, value) => { document.getElementById(id).textContent = typeof value === 'string' ? value : JSON.stringify(value, null, 2); };
const fail = (error) => { put('error', String(error && error.message || error)); put('status', 'failed'); };
window.addEventListener('unhandledrejection', (event) => fail(event.reason));
${script}
</script></html>`;

const launchPage = page('Starting the sample app', '', `
const query = new URLSearchParams(location.search);
const settings = ${JSON.stringify({ client_id: settings.client_id, scope: settings.scope })};
const key = ${settings.with_key ? JSON.stringify(privateJwk) : 'undefined'};
FHIR.oauth2.authorize({
  iss: query.get('iss') ?? undefined,
  launch: query.get('launch') ?? undefined,
  clientId: query.get('client_id') ?? settings.client_id,
  clientSecret: query.get('client_secret') ?? undefined,
  clientPrivateJwk: key,
  scope: query.get('scope') ?? settings.scope,
  redirectUri: location.origin + '/app',
  pkceMode: 'required',
}).catch(fail);
`);

const appPage = page('The sample app', `
<button id="refresh" type="button">Refresh</button>
<h2>Token response</h2><pre id="token"></pre><h2>Who signed in</h2><pre id="claims"></pre><h2>Patient</h2><pre id="patient"></pre>`, `
const show = (client) => { put('token', client.state.tokenResponse); put('claims', client.getIdToken() ?? {}); };
FHIR.oauth2.ready().then(async (client) => {
  show(client);
  document.getElementById('refresh').onclick = async () => {
    put('status', 'working');
    try { await client.refresh(); show(client); put('status', 'ready'); } catch (error) { fail(error); }
  };
  try { put('patient', client.patient.id ? await client.patient.read() : 'no patient in the token response'); }
  catch (error) { put('patient', 'could not be read: ' + error.message); }
  put('status', 'ready');
}).catch(fail);
`);

const answers = {
  '/launch': ['text/html; charset=utf-8', launchPage],
  '/app': ['text/html; charset=utf-8', appPage],
  '/fhir-client.js': ['text/javascript; charset=utf-8', bundle],
};

const server = createServer((req, res) => {
  const answer = answers[new URL(req.url, 'http://127.0.0.1').pathname];
  if (!answer) return res.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
  return res.writeHead(200, { 'content-type': answer[0], 'cache-control': 'no-store' }).end(answer[1]);
});
server.listen(settings.port, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ origin, launch: `${origin}/launch`, redirect: `${origin}/app`, jwks: { keys: [publicJwk] } }));
});
