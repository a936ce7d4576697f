"""What botocore, the vendor's own client, would send for an invalidation, or for a document of settings that is read by the model of the
API and written again. Sends nothing."""
import json
import sys

import botocore.session
from botocore.parsers import RestXMLParser


class Grabbed(Exception):
    """Stops the client before the request leaves."""


def main():
    question = json.load(sys.stdin)
    session = botocore.session.get_session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    client = session.create_client("cloudfront", region_name="us-east-1")
    grabbed = {}

    def grab(request, **_):
        body = request.body
        text = body.decode() if isinstance(body, bytes) else body
        grabbed.update(method=request.method, url=request.url, body=text)
        raise Grabbed()

    client.meta.events.register("before-send.cloudfront", grab)

    def send(operation, **parameters):
        grabbed.clear()
        try:
            getattr(client, operation)(**parameters)
        except Grabbed:
            pass
        return dict(grabbed)

    if "documents" in question:
        parser = RestXMLParser()
        sent = []
        for document in question["documents"]:
            root = parser._parse_xml_string_to_dom(document["body"])
            kind = root.tag.split("}")[-1]
            shape = client.meta.service_model.shape_for(kind)
            address = {name: document[name] for name in ("Id", "IfMatch") if name in document}
            sent.append(send(document["operation"], **{kind: parser._parse_shape(shape, root)}, **address))
        print(json.dumps(sent))
        return
    paths = {"Quantity": len(question["paths"]), "Items": question["paths"]}
    batch = {"Paths": paths, "CallerReference": question["reference"]}
    print(json.dumps(send("create_invalidation", DistributionId=question["distribution"], InvalidationBatch=batch)))


main()
