"""A whole checkout, tested without the SDK: create, pay, webhook, list. It needs only Python's standard library.

    plugipay-sandbox &
    python3 examples/python/checkout_test.py

The sandbox is at PLUGIPAY_BASE_URL, or at http://127.0.0.1:4010.
"""

import hashlib
import hmac
import http.server
import json
import os
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid

SANDBOX = os.environ.get("PLUGIPAY_BASE_URL", "http://127.0.0.1:4010")
WEBHOOK_SECRET = "whsec_python"


def call(method, path, body=None, key=None, headers=None):
    """Sends a request to the sandbox and returns the data of its response."""
    content = b"" if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SANDBOX + path, data=content or None, method=method, headers=headers or {})
    if content:
        request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Idempotency-Key", key)
    with urllib.request.urlopen(request) as response:
        return json.load(response)["data"]


def signed(workspace, method, path, body=None, key=None):
    """Sends a request to the API, signed with the workspace's key."""
    content = b"" if body is None else json.dumps(body).encode()
    timestamp = str(int(time.time()))
    text = "\n".join([method, path, timestamp, hashlib.sha256(content).hexdigest()] + ([key] if key else []))
    signature = hmac.new(workspace["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    return call(method, path, body, key, {
        "Authorization": f"Plugipay-HMAC-SHA256 keyId={workspace['keyId']}, scope=*, signature={signature}",
        "X-Plugipay-Timestamp": timestamp,
    })


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook endpoint that keeps the events whose signature is right."""

    events = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = dict(part.split("=", 1) for part in self.headers["X-Plugipay-Signature"].split(","))
        wanted = hmac.new(WEBHOOK_SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(wanted, parts["v1"])
        if genuine:
            Receiver.events.append(json.loads(body))
        self.send_response(200 if genuine else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


class CheckoutTest(unittest.TestCase):
    def setUp(self):
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        # A new workspace, so that tests that share the sandbox do not see each other's data.
        self.workspace = call("POST", "/_sandbox/workspaces", {"name": "Python shop"})
        call("POST", "/_sandbox/endpoints", {
            "url": f"http://127.0.0.1:{self.receiver.server_port}/", "secret": WEBHOOK_SECRET,
            "keyId": self.workspace["keyId"],
        })

    def tearDown(self):
        self.receiver.shutdown()
        self.receiver.server_close()

    def test_paid_order_arrives_by_webhook(self):
        session = signed(self.workspace, "POST", "/api/v1/checkout-sessions", {
            "amount": 19900000, "currency": "IDR", "methods": ["qris", "va"], "lineItems": [],
            "successUrl": "https://example.com/thank-you", "cancelUrl": "https://example.com/cart",
            "metadata": {"order_id": "ord_42"},
        }, key="order_" + str(uuid.uuid4()))
        self.assertEqual("open", session["status"])

        call("POST", f"/_sandbox/sessions/{session['id']}/pay", {"method": "qris"})
        waited = call("POST", "/_sandbox/deliveries/wait", {"timeoutMs": 5000, "keyId": self.workspace["keyId"]})
        self.assertEqual({"pending": [], "failed": []}, waited)

        paid = signed(self.workspace, "GET", f"/api/v1/checkout-sessions/{session['id']}")
        self.assertEqual("completed", paid["status"])
        event = Receiver.events[-1]
        self.assertEqual("plugipay.checkout_session.completed.v1", event["type"])
        self.assertEqual("ord_42", event["data"]["object"]["metadata"]["order_id"])

    def test_bad_signature_is_refused(self):
        for kind in ("none", "bad_signature"):  # the first delivery is good
            if kind != "none":
                call("POST", "/_sandbox/delivery-faults", {"kind": kind, "times": 1, "keyId": self.workspace["keyId"]})
            call("POST", "/_sandbox/trigger", {"type": "checkout_session.completed", "keyId": self.workspace["keyId"]})
            call("POST", "/_sandbox/deliveries/wait", {"timeoutMs": 500, "keyId": self.workspace["keyId"]})
        deliveries = call("GET", f"/_sandbox/deliveries?keyId={self.workspace['keyId']}")
        self.assertEqual([401, 200], [delivery["attempts"][0]["status"] for delivery in deliveries])

    def test_server_error_is_seen(self):
        call("POST", "/_sandbox/faults", {
            "operation": "listCheckoutSessions", "status": 503, "keyId": self.workspace["keyId"],
        })
        with self.assertRaises(urllib.error.HTTPError) as failed:
            signed(self.workspace, "GET", "/api/v1/checkout-sessions?limit=1")
        self.assertEqual(503, failed.exception.code)
        failed.exception.close()


if __name__ == "__main__":
    unittest.main()
