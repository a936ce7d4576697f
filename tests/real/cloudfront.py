"""What botocore, the vendor's own client, would send for an invalidation. Sends nothing."""
import json
import sys

import botocore.session


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
    paths = {"Quantity": len(question["paths"]), "Items": question["paths"]}
    batch = {"Paths": paths, "CallerReference": question["reference"]}
    try:
        client.create_invalidation(DistributionId=question["distribution"], InvalidationBatch=batch)
    except Grabbed:
        pass
    print(json.dumps(grabbed))


main()
