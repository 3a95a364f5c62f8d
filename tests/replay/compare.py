"""Two readings of one capture, message by message. What is let pass, and why:

- An interim response (1xx but 101) is a message to tshark and part of an exchange to podsnoop.
- tshark 4.0 keeps one request for each connection as the one that is answered next: of requests sent ahead
  (pipelined) it gives the answer to the last. There the order on the connection, which RFC 9112 9.3.2 demands,
  is what podsnoop is held to.
- A message that ended before its time is none to tshark, or one without a body: it may be missing, and its length is
  compared only where the exchange is complete.
- Behind CONNECT and Upgrade podsnoop counts bytes, while tshark goes on to dissect.
"""
import collections
import json

from lab import equal, true
from lab.records import check_record


def by_connection(lines):
    connections = collections.defaultdict(list)
    for line in lines:
        record = json.loads(line)
        check_record(record)
        connections[record["client"]["address"], record["client"]["port"]].append(record)
    for records in connections.values():
        records.sort(key=lambda record: record["time"])
    return connections


def compare(lines, messages):
    """Gives the number of exchanges that agree, and notes on what was let pass."""
    records, theirs = by_connection(lines), collections.defaultdict(list)
    for message in messages:
        theirs[message.client].append(message)
    equal(sorted(records), sorted(theirs), "connections with HTTP")
    notes, agreed = collections.Counter(), 0
    for client, exchanges in records.items():
        upgraded = [record for record in exchanges if record["end"] == "upgraded"]
        requests = [message for message in theirs[client] if message.is_request]
        responses = [message for message in theirs[client] if not message.is_request
                     and (int(message.fields["http.response.code"]) >= 200 or upgraded)]
        if upgraded:
            notes["messages in tunnels, dissected by tshark only"] += len(requests) - len(exchanges)
            requests, responses = requests[:len(exchanges)], responses[:len(exchanges)]
        equal(len(exchanges), len(requests), f"exchanges of {client}, as against tshark's requests")
        answered = [record for record in exchanges if record["response"]]
        if len(answered) == len(responses) + 1 and answered[-1]["end"] != "complete":
            notes["responses that did not end, which tshark does not show"] += 1
            answered.pop()
        equal(len(answered), len(responses), f"responses of {client} ({json.dumps(exchanges)}), as against tshark's")
        response_of = dict(zip(map(id, answered), responses))
        for record, request in zip(exchanges, requests):
            compare_one(record, request, response_of.get(id(record)), notes)
            agreed += 1
    return agreed, [f"let pass: {count} {what}" for what, count in notes.items() if count]


def compare_one(record, request, response, notes):
    fields, came = request.fields, record["request"]
    whole = record["end"] == "complete"
    about = json.dumps(record)
    equal((came["method"], came["target"]), (fields["http.request.method"], fields["http.request.uri"]), about)
    # tshark has no host of an absolute target or CONNECT's (RFC 9112 3.2.2): its Host field is compared where it rules.
    if came["target"].startswith("/"):
        equal(came["host"], fields.get("http.host"), f"host of {about}")
    if response is None:
        true(not whole, f"complete without response: {about}")
        return
    equal(record["response"]["status"], int(response.fields["http.response.code"]), f"status of {about}")
    if not whole:
        notes["lengths of messages that did not end"] += 1
        return
    equal(came["body_bytes"], request.body, f"request body of {about}")
    equal(record["response"]["body_bytes"], response.body, f"response body of {about}")
    answers = response.fields.get("http.request_in")
    if answers is not None and int(answers) != request.frame:
        true("pipelined" in record["flags"], f"tshark pairs frame {response.frame} with {answers}: {about}")
        notes["pipelined pairs that tshark gives to another request"] += 1
