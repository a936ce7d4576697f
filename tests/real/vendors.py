"""What Google's own description and Microsoft's own client say of our requests. Sends nothing.

In: JSON with `google`, our requests, and `azure`, what to purge and where. Out: what the discovery document of the Compute API has against each
of the former, and the request that azure-mgmt-cdn would send for the latter."""
import json
import pathlib
import re
import sys
from urllib.parse import parse_qs, urlsplit

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import HttpTransport
from azure.mgmt.cdn import CdnManagementClient


class Grabbed(Exception):
    """Stops the client before the request leaves."""


class Grab(HttpTransport):
    """Takes the request instead of sending it."""

    def send(self, request, **_):
        self.seen = request
        raise Grabbed()

    def open(self):
        pass

    def close(self):
        pass

    def __exit__(self, *_):
        pass


class Anybody:
    def get_token(self, *_, **__):
        return AccessToken("token", 4102444800)


def azure(question):
    grab = Grab()
    version = question["version"]
    client = CdnManagementClient(Anybody(), question["subscription"], transport=grab, api_version=version)
    contents = {"contentPaths": question["paths"], "domains": question["domains"]}
    try:
        client.afd_endpoints.begin_purge_content(question["group"], question["profile"], question["endpoint"], contents)
    except Grabbed:
        pass
    return {"method": grab.seen.method, "url": grab.seen.url, "body": json.loads(grab.seen.body)}


def methods(resources):
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from methods(resource.get("resources", {}))


def fits(schema, value, document):
    """What is wrong with a value, by a schema of the document."""
    if "$ref" in schema:
        schema = document["schemas"][schema["$ref"]]
    kind = {"string": str, "array": list, "object": dict, "integer": int, "boolean": bool}[schema["type"]]
    if not isinstance(value, kind):
        return [f"{value!r} is no {schema['type']}"]
    if kind is list:
        return [wrong for item in value for wrong in fits(schema["items"], item, document)]
    if kind is dict:
        known = schema.get("properties", {})
        unknown = [f"there is no field `{name}`" for name in value if name not in known]
        return unknown + [wrong for name in value if name in known for wrong in fits(known[name], value[name], document)]
    return []


def google(document, request):
    base = document["rootUrl"] + document["servicePath"]
    if not request["url"].startswith(base):
        return [f"the API is at {base}"]
    address = urlsplit(request["url"][len(base):])
    for method in methods(document["resources"]):
        names = re.findall(r"\{(\w+)\}", method["flatPath"])
        found = re.fullmatch(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(method["flatPath"])), address.path)
        if not found or method["httpMethod"] != request["method"]:
            continue
        wrong = []
        for name, value in zip(names, found.groups()):
            pattern = method["parameters"][name].get("pattern", ".*")
            if not re.fullmatch(pattern, value):
                wrong.append(f"`{value}` is no {name}")
        for name in parse_qs(address.query):
            if method["parameters"].get(name, {}).get("location") != "query":
                wrong.append(f"there is no parameter `{name}`")
        if request["body"]:
            if "request" not in method:
                return wrong + [f"{method['id']} takes no body"]
            wrong += fits(method["request"], json.loads(request["body"]), document)
        return wrong
    return ["there is no such method"]


def main():
    question = json.load(sys.stdin)
    document = json.loads(pathlib.Path(question["document"]).read_text())
    complaints = [google(document, request) for request in question["google"]]
    print(json.dumps({"google": complaints, "azure": azure(question["azure"])}))


main()
