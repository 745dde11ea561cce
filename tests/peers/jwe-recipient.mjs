// A relying party that takes encrypted tokens: makes keys, publishes their public halves, and opens with `jose` what is posted to it.
import { createServer } from "node:http";
import { compactDecrypt, exportJWK, generateKeyPair } from "jose";

const rsa = await generateKeyPair("RSA-OAEP-256", { extractable: true });
const p256 = await generateKeyPair("ECDH-ES", { crv: "P-256", extractable: true });
const p384 = await generateKeyPair("ECDH-ES", { crv: "P-384", extractable: true });
const pairs = { rsa, p256, p384 };
const keys = {};
for (const [name, pair] of Object.entries(pairs)) {
  keys[name] = { ...(await exportJWK(pair.publicKey)), use: "enc", kid: name };
}

const server = createServer(async (request, response) => {
  let token = "";
  for await (const chunk of request) token += chunk;
  try {
    const opened = await compactDecrypt(token, (header) => pairs[header.kid].privateKey);
    response.end(JSON.stringify({ header: opened.protectedHeader, text: new TextDecoder().decode(opened.plaintext) }));
  } catch (error) {
    response.statusCode = 400;
    response.end(String(error));
  }
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ address: `http://127.0.0.1:${server.address().port}/`, keys }));
});
