// The demonstration's SMART app: authorization code with PKCE, without a library.
"use strict";
{
  const app = document.getElementById("app");
  const byId = (id) => document.getElementById(id);
  const wordsOf = (id) =>
    Object.fromEntries([...byId(id).content.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word.textContent]));
  const words = wordsOf("words");
  const meanings = wordsOf("meanings");
  const hospitals = [...document.querySelectorAll("[data-fhir-base]")].map((button) => ({ ...button.dataset, button }));
  const { redirectUri, keyedClient } = app.dataset;
  const stored = "wardkey-sample-app:";
  const signedOut = `${stored}signed-out`;

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
  const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  const moments = ["exp", "iat", "nbf", "auth_time"];
  const readable = (name, value) =>
    moments.includes(name) ? `${new Date(value * 1000).toLocaleString(document.documentElement.lang)} (${value})` : pretty(value);

  // A list of members, each with what it means.
  const explained = (members) => {
    const list = element("dl", undefined, "claims");
    for (const [name, value] of Object.entries(members)) {
      const row = element("div");
      const told = element("dd");
      told.append(element("code", readable(name, value)));
      if (meanings[name]) told.append(element("p", meanings[name], "meaning"));
      row.append(element("dt", name), told);
      list.append(row);
    }
    return list;
  };

  // Small tools
  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
  const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const decodePart = (part) => {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const claimsOf = (token) => {
    try {
      return decodePart(token.split(".")[1]);
    } catch {
      return undefined;
    }
  };
  const showJwt = (place, token) => {
    const claims = claimsOf(token);
    if (!claims) return place.replaceChildren(element("p", words.opaque));
    const raw = element("details");
    raw.append(element("summary", words.raw), element("pre", `${pretty(decodePart(token.split(".")[0]))}\n${pretty(claims)}`));
    return place.replaceChildren(explained(claims), raw);
  };
  const trimmed = (base) => base.replace(/\/$/, "");
  const sameBase = (one, two) => trimmed(one) === trimmed(two);
  const short = (token) => token && `${token.slice(0, 12)}…`;

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
  const withToken = (url) =>
    fetchJson(url, { headers: { accept: "application/fhir+json", authorization: `Bearer ${session.tokens.access_token}` } });

  const discover = async (fhirBase) => {
    const url = `${trimmed(fhirBase)}/.well-known/smart-configuration`;
    step(words.discovering, url);
    const { ok, status, body } = await fetchJson(url, { headers: { accept: "application/json" } });
    if (!ok) throw new Failure(words.failed, `${url}\n${status}`);
    return body;
  };

  // The hospital behind an `iss`. The launcher's faults stand before a hospital's server, at addresses of their own.
  const hospitalAt = (iss) =>
    hospitals.find(
      (known) =>
        sameBase(known.fhirBase, iss) || (iss.startsWith(app.dataset.faults) && trimmed(iss).endsWith(`/${known.slug}/fhir`)),
    );

  // The way there
  const authorize = async (hospital, { iss = hospital.fhirBase, launch, clientId = hospital.clientId, byForm = false } = {}) => {
    if (!crypto.subtle) throw new Failure(words.needs_secure);
    byId("choose").hidden = true;
    const configuration = await discover(iss);
    const state = random();
    const verifier = random();
    const nonce = random();
    sessionStorage.setItem(stored + state, JSON.stringify({
      fhirBase: iss,
      hospital: hospital.slug,
      clientId,
      issuer: configuration.issuer,
      tokenEndpoint: configuration.token_endpoint,
      verifier,
      nonce,
    }));
    const parameters = {
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: launch ? app.dataset.scope.replace("launch/patient", "launch") : app.dataset.scope,
      state,
      nonce,
      aud: iss,
      code_challenge: base64url(await sha256(verifier)),
      code_challenge_method: "S256",
      ...(launch ? { launch } : {}),
    };
    const address = new URL(configuration.authorization_endpoint);
    step(words.redirecting, address.origin + address.pathname);
    if (!byForm) {
      for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
      location.assign(address);
      return;
    }
    const form = element("form");
    form.method = "post";
    form.action = address.href;
    form.hidden = true;
    for (const [name, value] of Object.entries(parameters)) {
      const field = element("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  };

  // The way back
  let session;
  const requestToken = async (parameters) => {
    // As an app with a key, this page asks its own server for the proof; the key never leaves it.
    const proof = session.clientId === keyedClient
      ? (await fetchJson(`/demo/app/assertion/${session.hospital}`, { method: "POST" })).body
      : { client_id: session.clientId };
    const { ok, status, body } = await fetchJson(session.tokenEndpoint, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ ...proof, ...parameters }),
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
    if (session.tokens.id_token && claimsOf(session.tokens.id_token)?.nonce !== session.nonce) {
      throw new Failure(words.state_unknown);
    }
    step(words.exchanged, session.tokens.scope);
    offerOtherHospitals();
    await Promise.all([showStyle(), readPatient()]);
  };

  const showTokens = () => {
    const { access_token: access, id_token: id, refresh_token: refresh, token_type, expires_in, scope, ...context } = session.tokens;
    byId("response").textContent = pretty({
      ...session.tokens, access_token: short(access), id_token: short(id), refresh_token: short(refresh),
    });
    const empty = Object.keys(context).length === 0;
    byId("context-members").replaceChildren(empty ? element("p", words.no_context, "muted") : explained(context));
    byId("context").hidden = false;
    showJwt(byId("access-token"), access);
    byId("id-token-section").hidden = !id;
    if (id) showJwt(byId("id-token"), id);
    byId("granted").hidden = false;
    byId("actions").hidden = false;
    byId("refresh").hidden = !refresh;
    byId("sign-out").hidden = !id;
    byId("data").hidden = false;
  };

  // SMART App Launch 2.2, `smart_style_url`: colours as the EHR has them.
  const showStyle = async () => {
    const address = session.tokens.smart_style_url;
    if (!address) return;
    const { ok, body } = await fetchJson(address);
    if (!ok || typeof body !== "object") return;
    const fits = (name) => CSS.supports("color", body[name] ?? "");
    const banner = byId("patient");
    if (fits("color_background") && fits("color_text")) {
      banner.style.backgroundColor = body.color_background;
      banner.style.color = body.color_text;
      banner.classList.add("styled");
    }
    if (fits("color_highlight")) banner.style.borderColor = body.color_highlight;
    const swatches = element("ul", undefined, "swatches");
    for (const [name, value] of Object.entries(body)) {
      const item = element("li");
      if (CSS.supports("color", value)) {
        const colour = element("i");
        colour.style.backgroundColor = value;
        item.append(colour);
      }
      item.append(element("code", `${name}: ${value}`));
      swatches.append(item);
    }
    byId("style-members").replaceChildren(swatches);
    byId("style").hidden = false;
  };

  const readPatient = async () => {
    const banner = byId("patient");
    banner.hidden = false;
    const { patient, need_patient_banner: needed } = session.tokens;
    if (!patient) {
      banner.replaceChildren(element("span", words.no_patient));
      return;
    }
    const url = `${trimmed(session.fhirBase)}/Patient/${encodeURIComponent(patient)}`;
    step(words.reading, url);
    const { ok, status, body } = await withToken(url);
    if (!ok) {
      banner.replaceChildren(element("code", `Patient/${patient}`));
      throw new Failure(words.failed, `GET ${url}\n${status}\n${pretty(body)}`);
    }
    const name = body.name?.[0] ?? {};
    const full = name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(" ");
    const line = element("p");
    line.append(element("strong", full || patient));
    const facts = [body.birthDate && `${words.born}: ${body.birthDate}`, `Patient/${patient}`].filter(Boolean);
    banner.replaceChildren(line, element("p", facts.join(" · ")));
    // The EHR shows who the patient is; the app need not take the room.
    if (needed === false) banner.replaceChildren(element("p", words.banner_by_ehr), element("p", `Patient/${patient}`));
    step(words.patient_read, String(status));
  };

  // What the token's scopes open, and what they do not.
  const tryData = async (path) => {
    const place = byId("answers");
    place.replaceChildren();
    const url = `${trimmed(session.fhirBase)}/${path.replace("{patient}", encodeURIComponent(session.tokens.patient ?? ""))}`;
    const { ok, status, body } = await withToken(url);
    const box = element("div", undefined, `notice ${ok ? "good" : "warning"}`);
    const inside = element("div");
    const found = body.total ?? body.entry?.length ?? 0;
    const verdict = !ok ? words.data_refused : body.resourceType === "Bundle" ? `${words.data_found}: ${found}` : words.data_read;
    inside.append(element("strong", verdict), element("pre", `GET ${url}\n${status} ${ok ? "" : pretty(body)}`));
    if (ok) {
      const all = element("details");
      all.append(element("summary", words.data_all), element("pre", pretty(body)));
      inside.append(all);
    }
    box.append(inside);
    place.append(box);
  };

  const refresh = async () => {
    const before = session.tokens;
    await requestToken({ grant_type: "refresh_token", refresh_token: before.refresh_token });
    step(words.refreshed, session.tokens.scope);
    const facts = (tokens) => {
      const claims = claimsOf(tokens.access_token) ?? {};
      return {
        jti: claims.jti ?? short(tokens.access_token),
        exp: claims.exp ? readable("exp", claims.exp) : String(tokens.expires_in),
        scope: tokens.scope,
        patient: tokens.patient ?? "",
        refresh_token: `…${tokens.refresh_token.slice(-8)}`,
      };
    };
    const [old, fresh] = [facts(before), facts(session.tokens)];
    const rows = Object.keys(fresh).map((name) => {
      const row = element("tr");
      const head = element("th", name);
      head.scope = "row";
      const [was, is] = [element("td", old[name]), element("td", fresh[name], old[name] === fresh[name] ? "" : "changed")];
      was.dataset.label = words.before;
      is.dataset.label = words.after;
      row.append(head, was, is);
      return row;
    });
    byId("compared").replaceChildren(...rows);
    byId("comparison").hidden = false;
  };

  // OpenID Connect RP-Initiated Logout 1.0 section 2
  const signOut = async () => {
    const provider = (await fetchJson(`${session.issuer}/.well-known/openid-configuration`)).body;
    const address = new URL(provider.end_session_endpoint);
    address.searchParams.set("id_token_hint", session.tokens.id_token);
    address.searchParams.set("post_logout_redirect_uri", redirectUri);
    const state = random();
    address.searchParams.set("state", state);
    sessionStorage.setItem(signedOut, state);
    location.assign(address);
  };

  // The promise this demonstration is about: a token of one hospital opens nothing at another.
  const tryElsewhere = async (other) => {
    byId("verdicts").replaceChildren();
    const authorization = `Bearer ${session.tokens.access_token}`;
    const base = trimmed(other.fhirBase);
    const targets = [`${base}/Patient/${encodeURIComponent(session.tokens.patient ?? "1")}`];
    const configuration = await fetchJson(`${base}/.well-known/smart-configuration`);
    const issuer = configuration.body?.issuer;
    const provider = issuer && (await fetchJson(`${issuer}/.well-known/openid-configuration`)).body;
    if (provider?.userinfo_endpoint) targets.push(provider.userinfo_endpoint);
    for (const target of targets) {
      const { ok, status, body } = await fetchJson(target, { headers: { authorization } });
      const refused = status === 401 || status === 403;
      const [kind, verdict] = refused ? ["good", words.refused] : ok ? ["danger", words.accepted] : ["warning", words.inconclusive];
      notice(kind, verdict, `GET ${target}\n${status} ${pretty(body)}`);
    }
  };

  const offerOtherHospitals = () => {
    for (const other of hospitals.filter((hospital) => hospital.slug !== session.hospital)) {
      const button = element("button", other.tryLabel, "button");
      button.type = "button";
      button.addEventListener("click", guarded(() => tryElsewhere(other)));
      byId("actions").insertBefore(button, byId("sign-out"));
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
  byId("refresh").addEventListener("click", guarded(refresh));
  byId("sign-out").addEventListener("click", guarded(signOut));
  for (const button of document.querySelectorAll("[data-try]")) {
    button.addEventListener("click", guarded(() => tryData(button.dataset.try)));
  }
  for (const hospital of hospitals) {
    const chosen = () => (byId("with-key").checked ? { clientId: keyedClient } : {});
    hospital.button.addEventListener("click", guarded(() => authorize(hospital, chosen())));
  }

  const address = new URLSearchParams(location.search);
  const start = async () => {
    if (address.has("code") || address.has("error")) return complete(address);
    // Both an EHR launch (iss and launch) and a standalone one from a link (iss alone) name the FHIR server.
    if (address.has("iss")) {
      const iss = address.get("iss");
      const hospital = hospitalAt(iss);
      if (!hospital) throw new Failure(words.unknown_hospital, iss);
      const clientId = address.get("client") === keyedClient ? keyedClient : hospital.clientId;
      return authorize(hospital, { iss, launch: address.get("launch"), clientId, byForm: address.get("authorize") === "post" });
    }
    byId("choose").hidden = false;
    if (address.has("state") && address.get("state") === sessionStorage.getItem(signedOut)) {
      sessionStorage.removeItem(signedOut);
      history.replaceState(null, "", location.pathname);
      notice("good", words.signed_out);
    }
    if (!crypto.subtle) throw new Failure(words.needs_secure);
  };
  guarded(start)();
}
