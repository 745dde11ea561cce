// The browser's dialogue for passkeys. Its answer travels in the form; nothing is fetched.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const creates = form.dataset.passkey === "create";
  const button = form.querySelector("button[type=submit]");
  const failed = document.querySelector("[data-passkey-failed]");
  if (window.PublicKeyCredential) {
    document.querySelector("[data-passkey-unsupported]").hidden = true;
    button.hidden = false;
  }
  const ask = () => {
    const options = JSON.parse(form.dataset.options);
    options.challenge = toBytes(options.challenge);
    for (const list of [options.allowCredentials, options.excludeCredentials]) {
      for (const item of list ?? []) item.id = toBytes(item.id);
    }
    if (!creates) return navigator.credentials.get({ publicKey: options });
    options.user.id = toBytes(options.user.id);
    return navigator.credentials.create({ publicKey: options });
  };
  const written = (credential) => {
    const { response } = credential;
    const answer = { clientDataJSON: toText(response.clientDataJSON) };
    if (creates) {
      answer.attestationObject = toText(response.attestationObject);
      answer.transports = response.getTransports?.() ?? [];
    } else {
      answer.authenticatorData = toText(response.authenticatorData);
      answer.signature = toText(response.signature);
      answer.userHandle = response.userHandle ? toText(response.userHandle) : null;
    }
    const { id, type } = credential;
    const rawId = toText(credential.rawId);
    return JSON.stringify({ id, rawId, type, response: answer, extensions: {} });
  };
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    button.disabled = true;
    try {
      form.elements.credential.value = written(await ask());
      form.submit();
    } catch {
      button.disabled = false;
      failed.hidden = false;
    }
  });
}
