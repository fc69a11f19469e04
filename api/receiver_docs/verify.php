<?php
// Tell genuine webhooks from others: Standard Webhooks, HMAC-SHA256. PHP 8.0 or newer.
//
//   $body = file_get_contents('php://input');
//   if (!inkloom_verify($secret, getallheaders(), $body)) { http_response_code(400); exit; }

declare(strict_types=1);

const INKLOOM_TOLERANCE_SECONDS = 300;

/**
 * Whether a message is genuine and fresh.
 *
 * $body is what was received, byte for byte: JSON that is read and written again is another text.
 * Throws InvalidArgumentException for a secret that is none.
 */
function inkloom_verify(string $secret, array $headers, string $body, ?int $now = null): bool
{
    $key = base64_decode(substr($secret, 6), true);
    if (!str_starts_with($secret, 'whsec_') || $key === false || strlen($key) < 24) {
        throw new InvalidArgumentException('a secret reads whsec_ and base64');
    }
    $given = array_change_key_case($headers, CASE_LOWER);
    $id = (string) ($given['webhook-id'] ?? '');
    $timestamp = (string) ($given['webhook-timestamp'] ?? '');
    if ($id === '' || !preg_match('/\A[0-9]{1,12}\z/', $timestamp)) {
        return false;
    }
    if (abs(($now ?? time()) - (int) $timestamp) > INKLOOM_TOLERANCE_SECONDS) {
        return false;
    }
    $digest = hash_hmac('sha256', "$id.$timestamp.$body", $key, true);
    $expected = 'v1,' . base64_encode($digest);
    $good = false;
    // One for each secret that is valid now: two while one takes over from the other.
    foreach (explode(' ', (string) ($given['webhook-signature'] ?? '')) as $signature) {
        $good = hash_equals($expected, $signature) || $good;
    }
    return $good;
}
