// Tell genuine webhooks from others: Standard Webhooks, HMAC-SHA256. Node 16 or newer.
//
// In Express, with express.raw({ type: "application/json" }):
//   if (!verify(secret, request.headers, request.body)) return response.sendStatus(400)

import { createHmac, timingSafeEqual } from "node:crypto"

const TOLERANCE_SECONDS = 300

/**
 * Whether a message is genuine and fresh.
 *
 * `body` is what was received, a Buffer or text: JSON that is read and written again is another
 * text. Throws for a secret that is none.
 */
export function verify(secret, headers, body, now = Date.now() / 1000) {
  const key = Buffer.from(String(secret).slice(6), "base64")
  if (!String(secret).startsWith("whsec_") || key.length < 24) {
    throw new Error("a secret reads whsec_ and base64")
  }
  const pairs = typeof headers.entries === "function" ? [...headers.entries()] : Object.entries(headers)
  const given = new Map(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]))
  const id = given.get("webhook-id") ?? ""
  const timestamp = given.get("webhook-timestamp") ?? ""
  if (id === "" || !/^[0-9]{1,12}$/.test(timestamp)) return false
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) return false
  const digest = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")
  const expected = Buffer.from(`v1,${digest}`)
  let good = false
  // One for each secret that is valid now: two while one takes over from the other.
  for (const text of (given.get("webhook-signature") ?? "").split(" ")) {
    const signature = Buffer.from(text)
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) good = true
  }
  return good
}
