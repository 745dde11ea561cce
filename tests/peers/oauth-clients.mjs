// Apps for the tests, made of OAuth libraries that others wrote: `openid-client` and `oauth4webapi`, unchanged.
//
//   node oauth-clients.mjs '{}'
//
// prints one line, {"redirect_uri": "...", "start": "...", "jwks": {...}}, and serves until it is ended. A browser that opens
//
//   START?flow=FLOW&issuer=ISSUER&client_id=CLIENT
//
// is sent to the authorization endpoint; back at the redirect URI the flow goes on, and the answer is JSON: what each step gave, or
// {"error": "..."}. Its "logout" is where the browser signs out, to come back at /goodbye. Flows: public, private_key_par_dpop, jar_jarm, registered (openid-client), oauth4webapi and oauth4webapi_registered. The flows device
// (openid-client) and oauth4webapi_device answer at START with {"user_code", "verification_uri_complete"}, and go on when the redirect URI
// is opened after the user's answer.

import { createServer } from "node:http";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";

const insecure = { execute: [client.allowInsecureRequests] };
const allow = { [oauth.allowInsecureRequests]: true };

const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]);
const jwk = await crypto.subtle.exportKey("jwk", keys.publicKey);
const kid = "app-1";
const jwks = { keys: [{ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, kid, use: "sig", alg: "ES384" }] };
const signer = { key: keys.privateKey, kid };

const server = createServer((request, response) => {
  const url = new URL(request.url, base);
  let step;
  if (url.pathname === "/start") step = begin(url.searchParams);
  else if (url.pathname === "/goodbye") step = Promise.resolve({ goodbye: url.searchParams.get("state") });
  else step = finish(url);
  step
    .catch((error) => ({ error: `${error.stack} ${JSON.stringify(error.cause ?? null)}` }))
    .then((answer) => {
      if (answer instanceof URL) {
        response.writeHead(302, { location: answer.href }).end();
      } else {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      }
    });
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}`;
const redirect_uri = `${base}/callback`;
const post_logout_redirect_uri = `${base}/goodbye`;
console.log(JSON.stringify({ redirect_uri, start: `${base}/start`, jwks }));

let finish;

async function begin(query) {
  const [flow, issuer, id] = ["flow", "issuer", "client_id"].map((name) => query.get(name));
  if (flow === "device") return deviceWithOpenidClient(issuer, id);
  if (flow === "oauth4webapi_registered") return registeredWithOauth4webapi(issuer);
  if (flow === "oauth4webapi_device") return deviceWithOauth4webapi(issuer, id);
  return flow === "oauth4webapi" ? beginWithOauth4webapi(issuer, id) : beginWithOpenidClient(flow, issuer, id);
}

async function beginWithOpenidClient(flow, issuer, id) {
  const address = new URL(issuer);
  let config;
  if (flow === "registered") {
    const metadata = {
      client_name: "A registered app",
      redirect_uris: [redirect_uri],
      post_logout_redirect_uris: [post_logout_redirect_uri],
      grant_types: ["authorization_code", "refresh_token"],
      application_type: "native",
      token_endpoint_auth_method: "none",
      scope: "openid offline_access",
    };
    config = await client.dynamicClientRegistration(address, metadata, client.None(), insecure);
  } else if (flow === "public") {
    config = await client.discovery(address, id, undefined, client.None(), insecure);
  } else {
    config = await client.discovery(address, id, undefined, client.PrivateKeyJwt(signer), insecure);
  }
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const parameters = {
    redirect_uri,
    scope: "openid offline_access",
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  const DPoP =
    flow === "private_key_par_dpop" ? client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) : undefined;
  let address_of_request;
  if (flow === "private_key_par_dpop") {
    address_of_request = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
  } else if (flow === "jar_jarm") {
    client.useJwtResponseMode(config);
    address_of_request = await client.buildAuthorizationUrlWithJAR(config, parameters, signer);
  } else {
    address_of_request = client.buildAuthorizationUrl(config, parameters);
  }
  finish = async (callback) => {
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
    const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
    const { sub } = tokens.claims();
    const user = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
    let introspected = null;
    if (flow !== "public" && flow !== "registered") {
      introspected = await client.tokenIntrospection(config, refreshed.access_token);
    }
    await client.tokenRevocation(config, refreshed.refresh_token);
    let refused = null;
    try {
      await client.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP });
    } catch (error) {
      refused = { error: error.error, description: error.error_description };
    }
    const logout = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri,
      state,
    });
    return {
      pushed: address_of_request.searchParams.has("request_uri"),
      token_type: tokens.token_type,
      same_user: user.sub === sub,
      rotated: refreshed.refresh_token !== tokens.refresh_token,
      introspected,
      refused,
      logout: logout.href,
    };
  };
  return address_of_request;
}

async function beginWithOauth4webapi(issuer, id) {
  const expected = new URL(issuer);
  const found = await oauth.discoveryRequest(expected, allow);
  const as = await oauth.processDiscoveryResponse(expected, found);
  const app = { client_id: id };
  const authentication = oauth.PrivateKeyJwt(signer);
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const DPoP = oauth.DPoP(app, await oauth.generateKeyPair("ES256"));
  const parameters = new URLSearchParams({
    client_id: id,
    redirect_uri,
    response_type: "code",
    scope: "openid offline_access",
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const pushed = await oauth.pushedAuthorizationRequest(as, app, authentication, parameters, { DPoP, ...allow });
  const { request_uri } = await oauth.processPushedAuthorizationResponse(as, app, pushed);
  finish = async (callback) => {
    const answer = oauth.validateAuthResponse(as, app, callback, state);
    const redeem = () =>
      oauth.authorizationCodeGrantRequest(as, app, authentication, answer, redirect_uri, verifier, { DPoP, ...allow });
    const tokens = await oauth.processAuthorizationCodeResponse(as, app, await redeem(), {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const userinfo = await oauth.userInfoRequest(as, app, tokens.access_token, { DPoP, ...allow });
    const user = await oauth.processUserInfoResponse(as, app, sub, userinfo);
    const again = await oauth.refreshTokenGrantRequest(as, app, authentication, tokens.refresh_token, { DPoP, ...allow });
    const refreshed = await oauth.processRefreshTokenResponse(as, app, again);
    const asked = await oauth.introspectionRequest(as, app, authentication, refreshed.access_token, allow);
    const introspected = await oauth.processIntrospectionResponse(as, app, asked);
    const revoked = await oauth.revocationRequest(as, app, authentication, refreshed.refresh_token, allow);
    await oauth.processRevocationResponse(revoked);
    let refused = null;
    try {
      await oauth.processAuthorizationCodeResponse(as, app, await redeem());
    } catch (error) {
      refused = { error: error.error, description: error.error_description };
    }
    return {
      pushed: true,
      token_type: tokens.token_type,
      same_user: user.sub === sub,
      rotated: refreshed.refresh_token !== tokens.refresh_token,
      introspected,
      refused,
      logout: endSession(as, id, tokens.id_token, state),
    };
  };
  const address = new URL(as.authorization_endpoint);
  address.searchParams.set("client_id", id);
  address.searchParams.set("request_uri", request_uri);
  return address;
}

const deviceScope = "openid launch/patient patient/*.rs offline_access";

async function deviceWithOpenidClient(issuer, id) {
  const config = await client.discovery(new URL(issuer), id, undefined, client.None(), insecure);
  const begun = await client.initiateDeviceAuthorization(config, { scope: deviceScope, aud: issuer.replace("/auth", "/fhir") });
  finish = async () => {
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
    // The user has answered already: no need to wait for them.
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0 }, undefined, { DPoP });
    const { sub } = tokens.claims();
    const user = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
    return {
      token_type: tokens.token_type,
      patient: tokens.patient,
      same_user: user.sub === sub,
      rotated: refreshed.refresh_token !== tokens.refresh_token,
    };
  };
  return begun;
}

async function deviceWithOauth4webapi(issuer, id) {
  const found = await oauth.discoveryRequest(new URL(issuer), allow);
  const as = await oauth.processDiscoveryResponse(new URL(issuer), found);
  const app = { client_id: id };
  const parameters = { scope: deviceScope, aud: issuer.replace("/auth", "/fhir") };
  const asked = await oauth.deviceAuthorizationRequest(as, app, oauth.None(), parameters, allow);
  const begun = await oauth.processDeviceAuthorizationResponse(as, app, asked);
  const poll = async () => {
    const answer = await oauth.deviceCodeGrantRequest(as, app, oauth.None(), begun.device_code, allow);
    return oauth.processDeviceCodeResponse(as, app, answer, { requireIdToken: true });
  };
  const before = await poll().catch((error) => error.error);
  finish = async () => {
    const tokens = await poll();
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const userinfo = await oauth.userInfoRequest(as, app, tokens.access_token, allow);
    const user = await oauth.processUserInfoResponse(as, app, sub, userinfo);
    const again = await oauth.refreshTokenGrantRequest(as, app, oauth.None(), tokens.refresh_token, allow);
    const refreshed = await oauth.processRefreshTokenResponse(as, app, again);
    const used = await poll().catch((error) => error.error);
    return {
      before,
      used,
      token_type: tokens.token_type,
      patient: tokens.patient,
      same_user: user.sub === sub,
      rotated: refreshed.refresh_token !== tokens.refresh_token,
    };
  };
  return begun;
}

async function registeredWithOauth4webapi(issuer) {
  const found = await oauth.discoveryRequest(new URL(issuer), allow);
  const as = await oauth.processDiscoveryResponse(new URL(issuer), found);
  const metadata = {
    client_name: "Another registered app",
    redirect_uris: [redirect_uri],
    post_logout_redirect_uris: [post_logout_redirect_uri],
    grant_types: ["authorization_code", "refresh_token"],
    application_type: "native",
    token_endpoint_auth_method: "client_secret_post",
    scope: "openid offline_access",
  };
  const asked = await oauth.dynamicClientRegistrationRequest(as, metadata, allow);
  const app = await oauth.processDynamicClientRegistrationResponse(asked);
  const authentication = oauth.ClientSecretPost(app.client_secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(as.authorization_endpoint);
  const parameters = {
    client_id: app.client_id,
    redirect_uri,
    response_type: "code",
    scope: "openid offline_access",
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  finish = async (callback) => {
    const answer = oauth.validateAuthResponse(as, app, callback, state);
    const redeemed = await oauth.authorizationCodeGrantRequest(
      as, app, authentication, answer, redirect_uri, verifier, allow,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, app, redeemed, { requireIdToken: true });
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const userinfo = await oauth.userInfoRequest(as, app, tokens.access_token, allow);
    const user = await oauth.processUserInfoResponse(as, app, sub, userinfo);
    const again = await oauth.refreshTokenGrantRequest(as, app, authentication, tokens.refresh_token, allow);
    const refreshed = await oauth.processRefreshTokenResponse(as, app, again);
    return {
      token_type: tokens.token_type,
      same_user: user.sub === sub,
      rotated: refreshed.refresh_token !== tokens.refresh_token,
      logout: endSession(as, app.client_id, tokens.id_token, state),
    };
  };
  return address;
}

// The library has no function for this: an app puts the address together.
function endSession(as, client_id, id_token_hint, state) {
  const address = new URL(as.end_session_endpoint);
  const parameters = { client_id, id_token_hint, post_logout_redirect_uri, state };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}
