// A whole test of a shop's checkout without the SDK, with what Node.js has. It starts from a sandbox that runs:
//
//   PLUGIPAY_BASE_URL=http://127.0.0.1:4010 node --test examples/javascript/

import assert from "node:assert/strict";
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

const baseURL = process.env.PLUGIPAY_BASE_URL ?? "http://127.0.0.1:4010";
const secret = "whsec_javascript";

// control sends a request to the control API, which must succeed, and returns the data.
async function control(method, path, body) {
  const response = await fetch(`${baseURL}/_sandbox/${path}`, {
    method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text).data;
}

// receive starts the shop's webhook endpoint, which checks the signature and remembers the event.
async function receive(t) {
  const events = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [, timestamp, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers["x-plugipay-signature"]);
    const wanted = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
    const genuine = timingSafeEqual(wanted, Buffer.from(signature, "hex"));
    if (genuine) events.push(JSON.parse(body));
    response.writeHead(genuine ? 204 : 401).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { events, url: `http://127.0.0.1:${server.address().port}/` };
}

test("a paid order reaches the shop once", async (t) => {
  const { events, url } = await receive(t);
  const { keyId, apiKey } = await control("POST", "workspaces", {});
  await control("POST", "endpoints", { url, secret, keyId });
  await control("POST", "faults", { operation: "createCheckoutSession", status: 503, keyId });

  const idempotencyKey = randomUUID();
  const create = () => fetch(`${baseURL}/api/v1/checkout-sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
    body: JSON.stringify({
      amount: 4999, currency: "USD", methods: ["card"], lineItems: [],
      successUrl: "https://shop.example/thanks", cancelUrl: "https://shop.example/cart",
    }),
  });
  assert.equal((await create()).status, 503);
  const { data: session } = await (await create()).json();
  assert.equal(session.status, "open");
  assert.equal((await fetch(session.hostedUrl)).status, 200);

  await control("POST", `sessions/${session.id}/pay`, { method: "card" });
  assert.deepEqual(await control("POST", "deliveries/wait", { keyId }), { pending: [], failed: [] });
  assert.deepEqual(events.map((event) => [event.type, event.data.object.id]), [
    ["plugipay.checkout_session.completed.v1", session.id],
  ]);
});
