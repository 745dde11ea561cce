"""A directory made of scim2-client, checked by scim2-tester: python scim-directory.py BASE_URL TOKEN

Prints what the compliance checker found, and how a small life of a user and a group went, as one JSON object.
"""

import json
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation
from scim2_tester import Status, check_server


def client(base_url, token):
    http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    return SyncSCIMClient(http)


def main(base_url, token):
    results = check_server(client(base_url, token))
    checks = [
        {
            "check": result.title,
            "resource": result.resource_type,
            "status": result.status.name,
            "reason": result.reason,
        }
        for result in results
    ]

    scim = client(base_url, token)
    scim.discover()
    user_model = scim.get_resource_model("User")
    group_model = scim.get_resource_model("Group")
    user = scim.create(user_model(user_name="ada", external_id="x-ada", active=True))
    group = scim.create(group_model(display_name="Nurses", members=[{"value": user.id}]))
    found = scim.query(user_model, query_parameters={"filter": 'userName eq "ADA"'})
    operation = PatchOperation(op="replace", path="active", value=False)
    changed = scim.modify(user_model, user.id, PatchOp[user_model](operations=[operation]))
    scim.delete(group_model, group.id)
    scim.delete(user_model, user.id)
    gone = scim.query(user_model, user.id, raise_scim_errors=False)
    life = {
        "found": [resource.id for resource in found.resources or []] == [user.id],
        "member": [str(member.value) for member in group.members] == [user.id],
        "active": changed.active,
        "gone": gone.status,
    }
    print(json.dumps({"checks": checks, "life": life}))


if __name__ == "__main__":
    main(*sys.argv[1:])
