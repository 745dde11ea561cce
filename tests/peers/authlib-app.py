# An app for the tests, made of nothing but `authlib` of PyPI. Two runs make one sign-in, with the client's state in a file between
# them:
#
#   python authlib-app.py STATE begin '{"issuer": "...", "client_id": "...", "client_secret": "...", "redirect_uri": "..."}'
#       prints {"authorize_url": "..."}
#   python authlib-app.py STATE finish CALLBACK_URL
#       prints what each step gave; its "logout" is where the browser signs out
#
# Without a "client_id" the app registers itself first.
# With "pushed": true among the settings, the request is pushed first, which the library leaves to the app. With "device": true among the settings, the app is one on a device: begin prints {"authorize_url": VERIFICATION_URI_COMPLETE}, and the
# callback is not looked at. With "private_key", an RSA key in PEM, and its "kid" it signs assertions instead of sending its secret.

import json
import os
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

path, step, argument = sys.argv[1:4]


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class App(OpenIDMixin, OAuth2Session):
    def load_server_metadata(self):
        return self.server_metadata


def session(settings, **more):
    method = "client_secret_basic"
    if settings.get("device"):
        method = "none"
    elif settings.get("private_key"):
        method = "private_key_jwt"
    app = App(
        settings["client_id"],
        settings.get("private_key") or settings.get("client_secret"),
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope="openid offline_access",
        redirect_uri=settings.get("redirect_uri"),
        code_challenge_method="S256",
        **more,
    )
    if method == "private_key_jwt":
        app.register_client_auth_method(PrivateKeyJWT(settings["issuer"], alg="RS384", headers={"kid": settings["kid"]}))
    return app


def poll(app, kept):
    return app.fetch_token(kept["metadata"]["token_endpoint"], grant_type=DEVICE, device_code=kept["device_code"])


if step == "begin":
    settings = json.loads(argument)
    stranger = OAuth2Session()
    metadata = stranger.get(settings["issuer"] + "/.well-known/openid-configuration", withhold_token=True).json()
    if "client_id" not in settings:
        wanted = {
            "redirect_uris": [settings["redirect_uri"]],
            "post_logout_redirect_uris": [settings["post_logout_redirect_uri"]],
            "application_type": "native",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid offline_access",
        }
        registered = stranger.post(metadata["registration_endpoint"], json=wanted, withhold_token=True).json()
        settings.update(client_id=registered["client_id"], client_secret=registered["client_secret"])
    app = session(settings)
    if settings.get("device"):
        fields = {
            "client_id": settings["client_id"],
            "scope": "openid launch/patient patient/*.rs offline_access",
            "aud": settings["issuer"].replace("/auth", "/fhir"),
        }
        begun = app.post(metadata["device_authorization_endpoint"], data=fields, withhold_token=True).json()
        kept = dict(settings, metadata=metadata, device_code=begun["device_code"])
        try:
            poll(app, kept)
        except OAuthError as refused:
            kept["before"] = refused.error
        with open(path, "w") as file:
            json.dump(kept, file)
        print(json.dumps({"authorize_url": begun["verification_uri_complete"]}))
        sys.exit()
    verifier, nonce = generate_token(64), generate_token(32)
    address, state = app.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    if settings.get("pushed"):
        endpoint, parameters = metadata["pushed_authorization_request_endpoint"], urlsplit(address).query
        pushed = app.post(
            endpoint,
            data=dict(parse_qsl(parameters)),
            withhold_token=True,
            auth=(settings["client_id"], settings["client_secret"]),
        ).json()
        handle = {"client_id": settings["client_id"], "request_uri": pushed["request_uri"]}
        address = metadata["authorization_endpoint"] + "?" + urlencode(handle)
    with open(path, "w") as file:
        json.dump(dict(settings, metadata=metadata, verifier=verifier, nonce=nonce, state=state), file)
    print(json.dumps({"authorize_url": address}))
else:
    with open(path) as file:
        kept = json.load(file)
    metadata = kept["metadata"]
    if kept.get("device"):
        app = session(kept)
        token = poll(app, kept)
        old = token["refresh_token"]
        refreshed = app.refresh_token(metadata["token_endpoint"], refresh_token=old)
        told = {
            "before": kept["before"],
            "patient": token["patient"],
            "token_type": token["token_type"],
            "rotated": refreshed["refresh_token"] != old,
        }
        print(json.dumps(told))
        sys.exit()
    app = session(kept, state=kept["state"])
    token = app.fetch_token(
        metadata["token_endpoint"], authorization_response=argument, code_verifier=kept["verifier"]
    )
    keys = KeySet.import_key_set(app.get(metadata["jwks_uri"], withhold_token=True).json())
    decoded = jwt.decode(token["id_token"], keys, algorithms=["RS256", "ES256"])
    claims = CodeIDToken(decoded.claims, decoded.header, params={"nonce": kept["nonce"], "client_id": kept["client_id"]})
    claims.validate()
    user = app.get(metadata["userinfo_endpoint"]).json()
    old = token["refresh_token"]
    refreshed = app.refresh_token(metadata["token_endpoint"], refresh_token=old)
    app.server_metadata = metadata
    logout = app.create_logout_url(
        post_logout_redirect_uri=kept.get("post_logout_redirect_uri"), id_token_hint=token["id_token"], state="goodbye"
    )
    introspected = app.introspect_token(metadata["introspection_endpoint"], token=refreshed["access_token"])
    revoked = app.revoke_token(metadata["revocation_endpoint"], token=refreshed["refresh_token"])
    after = app.introspect_token(metadata["introspection_endpoint"], token=refreshed["access_token"])
    print(
        json.dumps(
            {
                "same_user": user["sub"] == claims["sub"],
                "token_type": token["token_type"],
                "rotated": refreshed["refresh_token"] != old,
                "introspected": introspected.json(),
                "revoked": revoked.status_code,
                "after": after.json(),
                "logout": logout["url"],
            }
        )
    )
