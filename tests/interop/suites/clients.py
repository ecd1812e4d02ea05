"""Real clients: what people use against the API gets through, alone, in parallel and past the end of a nonce."""
import inspect
import json
import secrets

import httpx

from checks import first_difference
from gateway import ORGANIZATION, PROJECT, Folder, Gateway, key, organization, resources
from real_clients import SharedAtlas, every_client
from suites.paths import BASES, table_lines
from upstream import Upstream

PARALLEL = 40
PRIVATE = "0b1d6e4c-8a5f-4f0e-9a51-7f3c2d9e6b10"
CLIENT = key(1, "interopk", PRIVATE, ["127.0.0.0/8"])
KEYS = [CLIENT, key(2, "listless", PRIVATE, [])]
# an encoded slash inside a name has to survive client and gateway
READ = f"/api/atlas/v2/groups/{PROJECT}/databaseUsers/admin/team%2Freader?pretty=true&tag="
# requires an access list
WRITE = f"/api/atlas/v2/groups/{PROJECT}/clusters/Cluster0/backup/snapshots?tag="


def run(report, setting):
    upstream, table = Upstream(), resources(table_lines(setting), BASES)
    try:
        long = Folder(setting.place("clients"), table, {"interop": organization(KEYS)}, KEYS)
        short = Folder(setting.place("clients-short"), table, {"interop": organization(KEYS)}, KEYS)
        with Gateway(setting.binary, long, upstream.port) as lasting, \
                Gateway(setting.binary, short, upstream.port, lifetime="1s") as brief:
            for client in every_client(setting):
                for name, problem in checks(client, lasting.url(), brief.url(), upstream):
                    report.check(f"{client.name}: {name}", problem)
            for name, problem in access_list(lasting.url(), upstream):
                report.check(f"pyatlassdk: {name}", problem)
            report.check("pyatlassdk: one client shared by 40 threads gets 200, or 401 where it sent one nc twice "
                         "(expected exception: httpx.DigestAuth counts without a lock)",
                         shared_by_threads(lasting.url()))
            report.check("requests: without an access list, a resource that requires one is refused",
                         refused(lasting.url(), upstream))
    finally:
        upstream.close()


def checks(client, base, brief, upstream):
    yield "GET", trial(client, base, upstream, [[read()]])
    yield "POST with a JSON body", trial(client, base, upstream, [[write()]])
    if client.head:
        yield "HEAD", trial(client, base, upstream, [[dict(read(), method="HEAD")]])
    else:
        yield "HEAD is not offered by this client (expected exception)", offers_head(client)
    yield "GET, POST, GET on one client", trial(client, base, upstream, [[read()], [write()], [read()]])
    yield f"{PARALLEL} at once, twice ({client.parallel})", trial(
        client, base, upstream, [[read() for _ in range(PARALLEL)], [read() for _ in range(PARALLEL)]])
    yield "outlives a nonce of 1 s", trial(client, brief, upstream, [[read()], [write()]], pause=1.3)


def read():
    return {"method": "GET", "target": READ + secrets.token_hex(8), "body": None}


def write():
    tag = secrets.token_hex(8)
    body = {"description": "Schnappschuss für “Ünïcode” 100% \\ \n", "retentionInDays": 7, "tag": tag}
    return {"method": "POST", "target": WRITE + tag, "body": json.dumps(body, ensure_ascii=False, separators=(",", ":"))}


def trial(client, base, upstream, rounds, pause=0.0):
    """-> what went wrong: every status is 200, and the upstream saw each request once, with exactly its body."""
    job = {"base": base, "public": CLIENT[0]["public_key"], "private": PRIVATE, "rounds": rounds, "pause": pause}
    try:
        statuses = client.run(job)
    except Exception as why:  # a client may give up in its own way
        return repr(why)[:500]
    flat = [status for batch in statuses for status in batch]
    bad = [str(status) for status in flat if status != 200]
    problems = [f"{len(bad)} of {len(flat)} answers are not 200: {sorted(set(bad))[:3]}"] if bad else []
    sent = [request for batch in rounds for request in batch]
    problems += filter(None, (arrived(request, upstream) for request in sent))
    problems += [f"{len(flat)} answers to {len(sent)} requests"] if len(flat) != len(sent) else []
    upstream.forget()
    return "; ".join(problems[:3])


def arrived(request, upstream):
    seen = upstream.seen(request["target"][-16:])
    if len(seen) != 1:
        return f"the upstream saw {request['method']} {len(seen)} times"
    record, body = seen[0], (request["body"] or "").encode()
    if "authorization" in record["headers"]:
        return "the upstream saw the credentials"
    return first_difference((request["method"], request["target"], body),
                            (record["method"], record["target"], record["body"]))


def offers_head(client):
    return "it does now: test it" if hasattr(client.opened({"public": "a", "private": "b", "base": "http://127.0.0.1"}),
                                             "head") else ""


def shared_by_threads(base):
    """The race is the client's: two threads put the same nc of one nonce into both of their tries."""
    if "lock" in "".join(map(inspect.getsource, (httpx.DigestAuth.auth_flow, httpx.DigestAuth._build_auth_header))):
        return "httpx.DigestAuth has a lock now: expect 200 of it"
    job = {"base": base, "public": CLIENT[0]["public_key"], "private": PRIVATE, "pause": 0,
           "rounds": [[read()], *([read() for _ in range(PARALLEL)] for _ in range(3))]}
    flat = [status for batch in SharedAtlas().run(job) for status in batch]
    if set(flat) - {200, 401}:
        return f"other answers: {sorted(set(flat) - {200, 401})}"
    return "" if flat.count(200) >= 0.8 * len(flat) else f"only {flat.count(200)} of {len(flat)} are 200"


def access_list(base, upstream):
    """The life of an access list as the Atlas client sees it, a block with %2F included."""
    from pyatlassdk.admin import AtlasAdminClient
    from pyatlassdk.admin.models.user_access_list_request import UserAccessListRequest

    owner, block = f"{99:024x}", "192.0.2.0/24"
    with AtlasAdminClient(public_key=CLIENT[0]["public_key"], private_key=PRIVATE,
                          base_url=base + "/api/atlas/v2") as client:
        keys = client.programmatic_api_keys

        def listed():
            return [e.cidr_block for e in keys.list_org_api_key_access_list_entries(owner, ORGANIZATION).results]

        yield "lists an empty access list", first_difference([], listed())
        keys.create_org_api_key_access_list_entry(owner, ORGANIZATION, [
            UserAccessListRequest(cidr_block=block), UserAccessListRequest(ip_address="198.51.100.7")])
        yield "creates an address and a block", first_difference([block, "198.51.100.7/32"], listed())
        got = keys.get_org_api_key_access_list_entry(owner, block, ORGANIZATION)
        yield "reads the block", first_difference(block, got.cidr_block)
        keys.delete_org_api_key_access_list_entry(owner, block, ORGANIZATION)
        yield "deletes the block", first_difference(["198.51.100.7/32"], listed())
        deleted = [r["target"] for r in upstream.seen("192.0.2.0") if r["method"] == "DELETE"]
        yield "the block's slash arrives encoded", first_difference(
            [f"/api/atlas/v2/orgs/{ORGANIZATION}/apiKeys/{owner}/accessList/192.0.2.0%2F24"], deleted)


def refused(base, upstream):
    import requests
    target, auth = write()["target"], requests.auth.HTTPDigestAuth("listless", PRIVATE)
    answer = requests.post(base + target, json={}, auth=auth, timeout=20)
    problem = first_difference((403, "RESOURCE_REQUIRES_ACCESS_LIST"),
                               (answer.status_code, answer.json().get("errorCode")))
    return problem or ("the upstream saw it" if upstream.seen(target[-16:]) else "")
