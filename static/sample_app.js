// The demonstration's SMART app: authorization code with PKCE, no server, no library.
"use strict";
{
  const app = document.getElementById("app");
  const byId = (id) => document.getElementById(id);
  const words = Object.fromEntries(
    [...byId("words").content.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word.textContent]),
  );
  const hospitals = [...document.querySelectorAll("[data-fhir-base]")].map((button) => ({ ...button.dataset, button }));
  const redirectUri = app.dataset.redirectUri;
  const stored = "wardkey-sample-app:";

  // Showing things. Text only ever becomes text: nothing that came over the network is parsed as HTML.
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const step = (text, detail) => {
    byId("happened").hidden = false;
    const item = element("li");
    item.append(element("span", text));
    if (detail) item.append(element("code", detail));
    byId("steps").append(item);
  };
  const notice = (kind, text, detail) => {
    const box = element("div", undefined, `notice ${kind}`);
    const inside = element("div");
    inside.append(element("strong", text));
    if (detail) inside.append(element("pre", detail));
    box.append(inside);
    byId("verdicts").append(box);
  };
  const pretty = (value) => JSON.stringify(value, null, 2);

  // Small tools
  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
  const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const decodePart = (part) => {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const decodeJwt = (token) => {
    try {
      const [header, payload] = token.split(".");
      return pretty({ header: decodePart(header), payload: decodePart(payload) });
    } catch {
      return words.opaque;
    }
  };
  const sameBase = (one, two) => one.replace(/\/$/, "") === two.replace(/\/$/, "");

  class Failure extends Error {
    constructor(message, detail) {
      super(message);
      this.detail = detail;
    }
  }

  const fetchJson = async (url, options = {}) => {
    const response = await fetch(url, { cache: "no-store", ...options });
    const text = await response.text();
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      body = text;
    }
    return { status: response.status, ok: response.ok, body };
  };

  const discover = async (fhirBase) => {
    const url = `${fhirBase.replace(/\/$/, "")}/.well-known/smart-configuration`;
    step(words.discovering, url);
    const { ok, status, body } = await fetchJson(url, { headers: { accept: "application/json" } });
    if (!ok) throw new Failure(words.failed, `${url}\n${status}`);
    return body;
  };

  // The way there
  const authorize = async (hospital, launch) => {
    if (!crypto.subtle) throw new Failure(words.needs_secure);
    byId("choose").hidden = true;
    const configuration = await discover(hospital.fhirBase);
    const state = random();
    const verifier = random();
    const nonce = random();
    sessionStorage.setItem(stored + state, JSON.stringify({
      fhirBase: hospital.fhirBase,
      clientId: hospital.clientId,
      issuer: configuration.issuer,
      tokenEndpoint: configuration.token_endpoint,
      verifier,
      nonce,
    }));
    const address = new URL(configuration.authorization_endpoint);
    const parameters = {
      response_type: "code",
      client_id: hospital.clientId,
      redirect_uri: redirectUri,
      scope: launch ? app.dataset.scope.replace("launch/patient", "launch") : app.dataset.scope,
      state,
      nonce,
      aud: hospital.fhirBase,
      code_challenge: base64url(await sha256(verifier)),
      code_challenge_method: "S256",
      ...(launch ? { launch } : {}),
    };
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    step(words.redirecting, address.origin + address.pathname);
    location.assign(address);
  };

  // The way back
  let session;
  const requestToken = async (parameters) => {
    const { ok, status, body } = await fetchJson(session.tokenEndpoint, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ client_id: session.clientId, ...parameters }),
    });
    if (!ok) throw new Failure(words.failed, `${status}\n${pretty(body)}`);
    // A refresh may leave out what has not changed (RFC 6749 section 6).
    session.tokens = { ...session.tokens, ...body };
    showTokens();
  };

  const complete = async (answer) => {
    const state = answer.get("state") ?? "";
    const kept = sessionStorage.getItem(stored + state);
    sessionStorage.removeItem(stored + state);
    // The code leaves the address bar and the history at once.
    history.replaceState(null, "", location.pathname);
    if (!kept) throw new Failure(words.state_unknown);
    session = JSON.parse(kept);
    // RFC 9207 section 2.4
    if (answer.get("iss") && session.issuer && answer.get("iss") !== session.issuer) throw new Failure(words.issuer_wrong);
    step(words.state_checked, session.issuer);
    if (answer.get("error")) {
      throw new Failure(words.denied, [answer.get("error"), answer.get("error_description")].filter(Boolean).join("\n"));
    }
    step(words.exchanging, session.tokenEndpoint);
    await requestToken({
      grant_type: "authorization_code",
      code: answer.get("code") ?? "",
      redirect_uri: redirectUri,
      code_verifier: session.verifier,
    });
    if (session.tokens.id_token && decodePart(session.tokens.id_token.split(".")[1]).nonce !== session.nonce) {
      throw new Failure(words.state_unknown);
    }
    step(words.exchanged, session.tokens.scope);
    offerOtherHospitals();
    await readPatient();
  };

  const showTokens = () => {
    const { access_token: access, id_token: id, refresh_token: refresh, ...rest } = session.tokens;
    const short = (token) => token && `${token.slice(0, 12)}…`;
    byId("response").textContent = pretty({
      ...rest, access_token: short(access), id_token: short(id), refresh_token: short(refresh),
    });
    byId("access-token").textContent = decodeJwt(access);
    byId("id-token-section").hidden = !id;
    if (id) byId("id-token").textContent = decodeJwt(id);
    byId("granted").hidden = false;
    byId("actions").hidden = false;
    byId("refresh").hidden = !refresh;
  };

  const readPatient = async () => {
    const banner = byId("patient");
    banner.hidden = false;
    const { patient } = session.tokens;
    if (!patient) {
      banner.replaceChildren(element("span", words.no_patient));
      return;
    }
    const url = `${session.fhirBase.replace(/\/$/, "")}/Patient/${encodeURIComponent(patient)}`;
    step(words.reading, url);
    const { ok, status, body } = await fetchJson(url, {
      headers: { accept: "application/fhir+json", authorization: `Bearer ${session.tokens.access_token}` },
    });
    if (!ok) {
      banner.replaceChildren(element("code", `Patient/${patient}`));
      throw new Failure(words.failed, `${status}\n${pretty(body)}`);
    }
    const name = body.name?.[0] ?? {};
    const full = name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(" ");
    const line = element("p");
    line.append(element("strong", full || patient));
    const facts = [body.birthDate && `${words.born}: ${body.birthDate}`, `Patient/${patient}`].filter(Boolean);
    banner.replaceChildren(line, element("p", facts.join(" · "), "muted"));
    step(words.patient_read, String(status));
  };

  // The promise this demonstration is about: a token of one hospital opens nothing at another.
  const tryElsewhere = async (other) => {
    byId("verdicts").replaceChildren();
    const authorization = `Bearer ${session.tokens.access_token}`;
    const base = other.fhirBase.replace(/\/$/, "");
    const targets = [`${base}/Patient/${encodeURIComponent(session.tokens.patient ?? "1")}`];
    const configuration = await fetchJson(`${base}/.well-known/smart-configuration`);
    const issuer = configuration.body?.issuer;
    const provider = issuer && (await fetchJson(`${issuer}/.well-known/openid-configuration`)).body;
    if (provider?.userinfo_endpoint) targets.push(provider.userinfo_endpoint);
    for (const target of targets) {
      const { ok, status, body } = await fetchJson(target, { headers: { authorization } });
      const refused = status === 401 || status === 403;
      const [kind, verdict] = refused ? ["good", words.refused] : ok ? ["danger", words.accepted] : ["warning", words.inconclusive];
      notice(kind, verdict, `GET ${target}\n${status} ${typeof body === "string" ? body : pretty(body)}`);
    }
  };

  const offerOtherHospitals = () => {
    for (const other of hospitals.filter((hospital) => !sameBase(hospital.fhirBase, session.fhirBase))) {
      const button = element("button", other.tryLabel, "button");
      button.type = "button";
      button.addEventListener("click", guarded(() => tryElsewhere(other)));
      byId("actions").insertBefore(button, byId("restart"));
    }
  };

  const guarded = (action) => async () => {
    try {
      byId("verdicts").replaceChildren();
      await action();
    } catch (error) {
      notice("danger", error instanceof Failure ? error.message : words.failed, error instanceof Failure ? error.detail : String(error));
      byId("actions").hidden = false;
      byId("read").hidden = !session?.tokens;
    }
  };

  byId("read").addEventListener("click", guarded(readPatient));
  byId("restart").addEventListener("click", () => location.assign(location.pathname));
  byId("refresh").addEventListener("click", guarded(async () => {
    await requestToken({ grant_type: "refresh_token", refresh_token: session.tokens.refresh_token });
    step(words.refreshed, session.tokens.scope);
  }));
  for (const hospital of hospitals) hospital.button.addEventListener("click", guarded(() => authorize(hospital)));

  const address = new URLSearchParams(location.search);
  const start = async () => {
    if (address.has("code") || address.has("error")) return complete(address);
    // Both an EHR launch (iss and launch) and a link of the demonstration (iss alone) name the FHIR server.
    if (address.has("iss")) {
      const hospital = hospitals.find((known) => sameBase(known.fhirBase, address.get("iss")));
      if (!hospital) throw new Failure(words.unknown_hospital, address.get("iss"));
      return authorize(hospital, address.get("launch"));
    }
    byId("choose").hidden = false;
    if (!crypto.subtle) throw new Failure(words.needs_secure);
  };
  guarded(start)();
}
