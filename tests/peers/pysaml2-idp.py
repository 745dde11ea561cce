"""A hospital's SAML identity provider, by pysaml2. Everybody who comes is signed in as the user last set.

Prints one line of JSON when it is ready. Settings and control are for tests only and listen on loopback.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import saml2.entity
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import SecurityContext, pre_encryption_part

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
CIPHERS = {
    "gcm": ("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256"),
    "cbc": ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256"),
}

folder = tempfile.mkdtemp(prefix="pysaml2-")
state = {
    "user": "morgan",
    "attributes": {},
    "sign_assertion": True,
    "sign_response": False,
    "encrypt": None,
    "want_signed": False,
    "slo": "redirect",  # how logout messages travel, both ways
    "elsewhere": False,  # requests by POST are sent on to another origin of ours first
    "keys": [],
}
BINDINGS = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST}
base = ""
server = None

# The library encrypts with Triple DES unless told otherwise here.
original_encrypt = SecurityContext.encrypt_assertion


def encrypt_assertion(self, statement, enc_key, template, key_type="des-192", node_xpath=None):
    return original_encrypt(self, statement, enc_key, template, CIPHERS[state["encrypt"]][1], node_xpath)


def pre_encryption(**arguments):
    arguments["msg_enc"] = CIPHERS[state["encrypt"]][0]
    return pre_encryption_part(**arguments)


SecurityContext.encrypt_assertion = encrypt_assertion
saml2.entity.pre_encryption_part = pre_encryption


def new_key():
    name = os.path.join(folder, f"key{len(os.listdir(folder))}")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=pysaml2", "-days", "30",
         "-keyout", name + ".key", "-out", name + ".crt"],
        check=True, capture_output=True,
    )
    return name


def start():
    """The library reads its configuration once, so each change makes it anew."""
    global server
    name = state["keys"][0]
    config = {
        "entityid": base + "/metadata",
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": name + ".key",
        "cert_file": name + ".crt",
        "accepted_time_diff": 120,
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [(base + "/sso", BINDING_HTTP_REDIRECT), (base + "/sso", BINDING_HTTP_POST)],
                    "single_logout_service": [(base + "/slo", BINDING_HTTP_REDIRECT), (base + "/slo", BINDING_HTTP_POST)],
                },
                "want_authn_requests_signed": state["want_signed"],
                "policy": {"default": {"attribute_restrictions": None}},
            }
        },
        "metadata": {"local": [state["sp"]]} if state.get("sp") else {},
    }
    server = Server(config=IdPConfig().load(config))


def metadata():
    keys = "".join(
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        "<ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        % "".join(open(name + ".crt").read().split("-----")[2].split())
        for name in state["keys"]
    )
    services = lambda kind, path, bindings: "".join(
        f'<md:{kind} Binding="{binding}" Location="{base}{path}"/>' for binding in bindings
    )
    slo = (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST) if state["slo"] == "redirect" else (BINDING_HTTP_POST,)
    signed = ' WantAuthnRequestsSigned="true"' if state["want_signed"] else ""
    return (
        f'<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'entityID="{base}/metadata" cacheDuration="PT5M"><!-- pysaml2 --><md:IDPSSODescriptor{signed} '
        f'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}{services("SingleLogoutService", "/slo", slo)}'
        f'{services("SingleSignOnService", "/sso", (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST))}</md:IDPSSODescriptor></md:EntityDescriptor>'
    )


def name_id(sp_entity_id):
    return NameID(format=NAMEID_FORMAT_PERSISTENT, text=state["user"], name_qualifier=base + "/metadata",
                  sp_name_qualifier=sp_entity_id)


def respond(sp_entity_id, destination, in_response_to, relay_state):
    encrypting = state["encrypt"] is not None
    response = server.create_authn_response(
        state["attributes"],
        in_response_to,
        destination,
        sp_entity_id,
        userid=state["user"],
        name_id=name_id(sp_entity_id),
        authn={"class_ref": PASSWORD, "authn_auth": base},
        sign_assertion=state["sign_assertion"],
        sign_response=state["sign_response"],
        sign_alg=RSA_SHA256,
        digest_alg=SHA256,
        encrypt_assertion=encrypting,
        encrypt_assertion_self_contained=True,
    )
    return server.apply_binding(BINDING_HTTP_POST, str(response), destination, relay_state, response=True)["data"]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def send(self, status, body="", content_type="text/html; charset=utf-8", location=None):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(data)

    def send_on(self, message, destination, relay_state, is_response):
        """Lets the browser carry a logout message: by redirect with the signature beside it, by POST with it inside."""
        binding = BINDINGS[state["slo"]]
        if binding == BINDING_HTTP_POST:
            sent = server.apply_binding(binding, str(message), destination, relay_state, response=is_response)
            return self.send(200, sent["data"])
        sent = server.apply_binding(binding, str(message), destination, relay_state, response=is_response, sign=True,
                                    sigalg=RSA_SHA256)
        self.send(303, location=dict(sent["headers"])["Location"])

    def message(self):
        address = urlsplit(self.path)
        text = address.query
        if self.command == "POST":
            text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        return address.path, {name: values[0] for name, values in parse_qs(text).items()}

    def do_GET(self):
        path, fields = self.message()
        try:
            self.route(path, fields, BINDING_HTTP_REDIRECT)
        except Exception as error:  # the test shows it
            self.send(500, f"{type(error).__name__}: {error}", "text/plain")

    def do_POST(self):
        if self.path.startswith("/control/"):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            return self.control(self.path.removeprefix("/control/"), body)
        path, fields = self.message()
        try:
            self.route(path, fields, BINDING_HTTP_POST)
        except Exception as error:
            self.send(500, f"{type(error).__name__}: {error}", "text/plain")

    def route(self, path, fields, binding):
        if path == "/metadata":
            return self.send(200, metadata(), "application/samlmetadata+xml")
        relay_state = fields.get("RelayState", "")
        signed = {"sign": True, "sign_alg": RSA_SHA256, "digest_alg": SHA256} if state["slo"] == "post" else {"sign": False}
        if path == "/sso":
            if state["elsewhere"] and self.headers["Host"].startswith("127.0.0.1"):
                there = base.replace("127.0.0.1", "localhost")
                return self.send(303, location=there + "/sso?" + urlencode(fields | {"posted": "yes"}))
            if "posted" in fields:
                binding = BINDING_HTTP_POST
            query = {}
            if binding == BINDING_HTTP_REDIRECT and "Signature" in fields:
                query = {"relay_state": relay_state, "sigalg": fields["SigAlg"], "signature": fields["Signature"]}
            request = server.parse_authn_request(fields["SAMLRequest"], binding, **query)
            asked = server.response_args(request.message)
            return self.send(200, respond(asked["sp_entity_id"], asked["destination"], asked["in_response_to"], relay_state))
        if path == "/start":  # begins here
            return self.send(200, respond(fields["sp"], fields["acs"], None, relay_state))
        if path == "/slo" and "SAMLRequest" in fields:
            query = {}
            if binding == BINDING_HTTP_REDIRECT:
                query = {"relay_state": relay_state, "sigalg": fields["SigAlg"], "signature": fields["Signature"]}
            elif b":Signature>" not in base64.b64decode(fields["SAMLRequest"]):
                raise ValueError("a logout request by POST that is not signed")
            request = server.parse_logout_request(fields["SAMLRequest"], binding, **query)
            state["logged_out"] = request.message.name_id.text
            bindings = [BINDINGS[state["slo"]]]
            response = server.create_logout_response(request.message, bindings, **signed)
            destination = server.response_args(request.message, bindings)["destination"]
            return self.send_on(response, destination, relay_state, True)
        if path == "/slo":
            if binding == BINDING_HTTP_POST and b":Signature>" not in base64.b64decode(fields["SAMLResponse"]):
                raise ValueError("an answer by POST that is not signed")
            response = server.parse_logout_request_response(fields["SAMLResponse"], binding)
            return self.send(200, "<p>" + ("logged out" if response.status_ok() else "not logged out") + "</p>")
        if path == "/leave":  # logout that begins here
            identifier, request = server.create_logout_request(fields["slo"], fields["sp"], name_id=name_id(fields["sp"]),
                                                               **signed)
            return self.send_on(request, fields["slo"], "", False)
        self.send(404, "not found", "text/plain")

    def control(self, verb, body):
        if verb == "sp":
            state["sp"] = os.path.join(folder, "sp.xml")
            with open(state["sp"], "w") as file:
                file.write(body["metadata"])
        elif verb == "set":
            state.update(body)
        elif verb == "next_key":  # announced, not used
            state["keys"].append(new_key())
        elif verb == "switch_key":  # used, the old one not announced any more
            if len(state["keys"]) < 2:
                state["keys"].append(new_key())
            state["keys"] = state["keys"][1:]
        start()
        self.send(200, json.dumps({"logged_out": state.get("logged_out")}), "application/json")


listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
base = f"http://127.0.0.1:{listener.server_address[1]}"
state["keys"].append(new_key())
start()
print(json.dumps({"base": base}), flush=True)
listener.serve_forever()
