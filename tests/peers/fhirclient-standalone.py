# A SMART app for the tests, made of nothing but the stock `fhirclient` package of PyPI. Two runs make one launch, with the client's
# state in a file between them:
#
#   python fhirclient-standalone.py STATE begin '{"app_id": "...", "api_base": "...", "redirect_uri": "...", "scope": "..."}'
#       prints {"authorize_url": "..."}
#   python fhirclient-standalone.py STATE finish CALLBACK_URL
#       prints {"context": {...}, "patient": {...}, "name": "...", "observations": 1, "refreshed": true, "context_after": {...}}

import json
import sys

from fhirclient import client
from fhirclient.models import observation

path, step, argument = sys.argv[1:4]


def save(state):
    with open(path, "w") as file:
        json.dump(state, file)


if step == "begin":
    smart = client.FHIRClient(settings=json.loads(argument), save_func=save)
    smart.prepare()
    print(json.dumps({"authorize_url": smart.authorize_url}))
else:
    with open(path) as file:
        smart = client.FHIRClient(state=json.load(file), save_func=save)
    smart.handle_callback(argument)
    context = smart.launch_context
    patient = smart.patient
    found = observation.Observation.where({"patient": smart.patient_id}).perform(smart.server)
    refreshed = smart.reauthorize()
    print(
        json.dumps(
            {
                "context": context,
                "patient": patient.as_json(),
                "name": smart.human_name(patient.name[0]),
                "observations": found.total,
                "refreshed": refreshed,
                "context_after": smart.launch_context,
            }
        )
    )
