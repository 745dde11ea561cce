// Two SAML identity providers for the tests, on loopback, neither written here: Auth0's `samlp` and `samlify`.
//
//   node saml-idps.mjs '{"key": "PEM", "certificate": "PEM"}'
//
// It prints one line of JSON, {"base": "..."}, when it is ready. Each provider is below its name: {base}/samlp/metadata,
// {base}/samlp/sso, {base}/samlify/metadata, {base}/samlify/sso, {base}/samlify/leave (logout that begins there).
//
// POST {base}/control/sp  {"metadata": xml}     tells both about us
// POST {base}/control/set {...}                 changes `state` below

import express from 'express';
import { X509Certificate } from 'node:crypto';
import * as samlify from 'samlify';
import samlp from 'samlp';

const { key, certificate } = JSON.parse(process.argv[2]);
const bare = certificate.replace(/-----[^-]+-----|\s/g, '');
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const state = { user: 'morgan', sign_assertion: true, sign_response: false, encrypt: null, logged_out: null };
let base;
let sp;
let spMetadata = '';

// Well-formedness is for the other side to judge.
samlify.setSchemaValidator({ validate: async () => 'skipped' });

function first(pattern) {
  return spMetadata.match(pattern)?.[1];
}

const acs = () => first(/AssertionConsumerService[^>]* Location="([^"]+)"/);
const encryptionCertificate = () => {
  const found = first(/use="encryption">.*?<ds:X509Certificate>([^<]+)</s);
  return `-----BEGIN CERTIFICATE-----\n${found.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`;
};

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(express.json({ limit: '1mb' }));

app.post('/control/sp', (req, res) => {
  spMetadata = req.body.metadata;
  sp = samlify.ServiceProvider({ metadata: spMetadata });
  res.json({});
});
app.post('/control/set', (req, res) => res.json(Object.assign(state, req.body)));

// --- samlp ------------------------------------------------------------------------------------------------------------

app.get('/samlp/metadata', (req, res, next) =>
  samlp.metadata({ issuer: `${base}/samlp`, cert: certificate, postEndpointPath: '/samlp/sso', redirectEndpointPath: '/samlp/sso' })(req, res, next));

app.all('/samlp/sso', (req, res, next) => {
  const options = {
    issuer: `${base}/samlp`,
    cert: certificate,
    key,
    recipient: acs(),
    destination: acs(),
    lifetimeInSeconds: 300,
    signAssertion: state.sign_assertion,
    signResponse: state.sign_response,
    nameIdentifierFormat: PERSISTENT,
    authnContextClassRef: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
    sessionIndex: `session-${state.user}`,
    getPostURL: (_audience, _dom, _req, done) => done(null, acs()),
    getUserFromRequest: () => ({ id: state.user, displayName: state.user, emails: [], name: { familyName: state.user } }),
  };
  if (state.encrypt) {
    options.encryptionCert = encryptionCertificate();
    options.encryptionPublicKey = new X509Certificate(options.encryptionCert).publicKey.export({ type: 'spki', format: 'pem' });
    options.encryptionAlgorithm = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
  }
  samlp.auth(options)(req, res, next);
});

// --- samlify ----------------------------------------------------------------------------------------------------------

// Its own template has no AuthnStatement, without which nobody signed in.
const TEMPLATE =
  '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}" InResponseTo="{InResponseTo}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{AssertionID}" Version="2.0" IssueInstant="{IssueInstant}"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{NameIDFormat}">{NameID}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{Until}" Recipient="{Destination}" InResponseTo="{InResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{IssueInstant}" NotOnOrAfter="{Until}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="{SessionIndex}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="uid" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue>{NameID}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>';

function identityProvider() {
  const { Binding } = { Binding: samlify.Constants.namespace.binding };
  return samlify.IdentityProvider({
    entityID: `${base}/samlify`,
    privateKey: key,
    signingCert: bare,
    wantAuthnRequestsSigned: true,
    isAssertionEncrypted: state.encrypt !== null,
    dataEncryptionAlgorithm: samlify.Constants.algorithms.encryption.data.AES_256_GCM,
    keyEncryptionAlgorithm: samlify.Constants.algorithms.encryption.key.RSA_OAEP_MGF1P,
    requestSignatureAlgorithm: samlify.Constants.algorithms.signature.RSA_SHA256,
    nameIDFormat: [PERSISTENT],
    loginResponseTemplate: { context: TEMPLATE },
    singleSignOnService: [Binding.redirect, Binding.post].map((binding) => ({ Binding: binding, Location: `${base}/samlify/sso` })),
    singleLogoutService: [{ Binding: Binding.redirect, Location: `${base}/samlify/slo` }],
  });
}

function tags(request) {
  const now = new Date();
  return {
    ID: `_${crypto.randomUUID()}`,
    AssertionID: `_${crypto.randomUUID()}`,
    Issuer: `${base}/samlify`,
    IssueInstant: now.toISOString(),
    Until: new Date(now.getTime() + 300_000).toISOString(),
    Destination: acs(),
    Audience: sp.entityMeta.getEntityID(),
    InResponseTo: request,
    NameIDFormat: PERSISTENT,
    NameID: state.user,
    SessionIndex: `session-${state.user}`,
  };
}

const page = (action, fields) =>
  `<!doctype html><title>samlify</title><form method="post" action="${action}">${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
    .join('')}<button>Continue</button></form>`;

app.get('/samlify/metadata', (_req, res) => res.type('application/samlmetadata+xml').send(identityProvider().getMetadata()));

async function signOn(req, res) {
  const binding = req.method === 'GET' ? 'redirect' : 'post';
  const { search } = new URL(req.originalUrl, base);
  const [signed] = search.slice(1).split('&Signature=');
  const idp = identityProvider();
  const { extract } = await idp.parseLoginRequest(sp, binding, { query: req.query, body: req.body, octetString: signed });
  const response = await idp.createLoginResponse(sp, { extract }, 'post', {}, {
    customTagReplacement: (template) => ({ id: `_${crypto.randomUUID()}`, context: samlify.SamlLib.replaceTagsByValue(template, tags(extract.request.id)) }),
  });
  const relayState = req.query.RelayState ?? req.body.RelayState ?? '';
  res.send(page(acs(), { SAMLResponse: response.context, RelayState: relayState }));
}
app.all('/samlify/sso', (req, res) => signOn(req, res).catch((error) => res.status(400).send(String(error))));

// Our request to it; it answers by redirect, signed.
async function singleLogout(req, res) {
  const { search } = new URL(req.originalUrl, base);
  const [signed] = search.slice(1).split('&Signature=');
  const idp = identityProvider();
  const { extract } = await idp.parseLogoutRequest(sp, 'redirect', { query: req.query, octetString: signed });
  state.logged_out = extract.nameID;
  const response = idp.createLogoutResponse(sp, { extract }, 'redirect', req.query.RelayState);
  res.redirect(response.context);
}
app.get('/samlify/slo', (req, res) => singleLogout(req, res).catch((error) => res.status(400).send(String(error))));

const server = app.listen(0, '127.0.0.1', () => {
  base = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ base }));
});
