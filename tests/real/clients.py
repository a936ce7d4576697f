"""What the vendors' own clients would send to purge: Cloudflare's, Fastly's, Scaleway's, Gcore's. Sends nothing.

In: a JSON list of calls, each with provider, where (zone, service, pipeline, resource), selector and texts. Out: method, address and body of each."""
import json
import sys

import cloudflare
import fastly
import gcore
import httpx
import requests
import urllib3
from fastly.api import purge_api
from fastly.model.purge_response import PurgeResponse
from scaleway.edge_services.v1beta1 import EdgeServicesV1Beta1API
from scaleway_core.client import Client

NOBODY = "11111111-1111-1111-1111-111111111111"


class Grabbed(Exception):
    """Stops a client before the request leaves; holds the request."""


def grab(method, url, body):
    raise Grabbed({"method": method, "url": url, "body": json.loads(body) if body else None})


def name(url):
    return url.split("://", 1)[-1]


def of_cloudflare(call):
    transport = httpx.MockTransport(lambda it: grab(it.method, str(it.url), it.content.decode()))
    client = cloudflare.Cloudflare(api_token="t", max_retries=0, http_client=httpx.Client(transport=transport))
    texts = call["texts"]
    what = {
        "url": {"files": texts},
        "tag": {"tags": texts},
        "prefix": {"prefixes": [name(text) for text in texts]},
        "host": {"hosts": texts},
        "everything": {"purge_everything": True},
    }[call["selector"]]
    client.cache.purge(zone_id=call["where"], **what)


def of_fastly(call):
    urllib3.PoolManager.request = lambda _, method, url, **more: grab(method, url, more.get("body"))
    configuration = fastly.Configuration()
    configuration.api_token = "t"
    with fastly.ApiClient(configuration) as client:
        api, texts = purge_api.PurgeApi(client), call["texts"]
        if call["selector"] == "url":
            api.purge_single_url(cached_url=name(texts[0]))
        elif call["selector"] == "tag":
            api.bulk_purge_tag(service_id=call["where"], purge_response=PurgeResponse(surrogate_keys=texts))
        else:
            api.purge_all(service_id=call["where"])


def of_gcore(call):
    transport = httpx.MockTransport(lambda it: grab(it.method, str(it.url), it.content.decode()))
    client = gcore.Gcore(api_key="t", max_retries=0, http_client=httpx.Client(transport=transport))
    texts = call["texts"]
    what = {"url": {"urls": texts}, "prefix": {"paths": [text + "*" for text in texts]}, "everything": {"paths": []}}
    client.cdn.cdn_resources.purge(int(call["where"]), **what[call["selector"]])


def of_scaleway(call):
    requests.request = lambda method, url, **more: grab(method, url, more.get("data"))
    secrets = {"access_key": "SCWXXXXXXXXXXXXXXXXX", "secret_key": NOBODY, "default_project_id": NOBODY}
    api = EdgeServicesV1Beta1API(Client(**secrets, default_region="fr-par", default_zone="fr-par-1"))
    what = {"all": True} if call["selector"] == "everything" else {"assets": call["texts"]}
    api.create_purge_request(pipeline_id=call["where"], **what)


CLIENTS = {"cloudflare": of_cloudflare, "fastly": of_fastly, "gcore": of_gcore, "scaleway": of_scaleway}


def sent(call):
    try:
        CLIENTS[call["provider"]](call)
    except Grabbed as grabbed:
        return grabbed.args[0]
    except Exception as wrong:
        # A client may wrap whatever stops it.
        cause = wrong.__cause__ or wrong.__context__
        if isinstance(cause, Grabbed):
            return cause.args[0]
        raise
    return None


print(json.dumps([sent(call) for call in json.load(sys.stdin)]))
