#!/bin/sh
# Check the v1a signature (Ed25519) of a webhook with OpenSSL 3. It needs no secret.
#
#   sh verify_ed25519.sh PUBLIC_KEY WEBHOOK_ID WEBHOOK_TIMESTAMP WEBHOOK_SIGNATURE BODY_FILE
#
# PUBLIC_KEY is `whpk` of a key at /.well-known/webhook-keys.json, the three behind it are headers
# of the message. It ends with 0 for a message that is genuine and fresh, else with 1.
set -euf
export LC_ALL=C
key=$1 id=$2 timestamp=$3 signatures=$4 body=$5

case $timestamp in '' | 0* | *[!0-9]* | ?????????????*) exit 1 ;; esac
[ -n "$id" ] || exit 1
age=$(($(date +%s) - timestamp))
{ [ "$age" -le 300 ] && [ "$age" -ge -300 ]; } || exit 1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# What stands before the 32 bytes of any Ed25519 key in DER (RFC 8410).
printf '\060\052\060\005\006\003\053\145\160\003\041\000' > "$folder/key"
printf %s "${key#whpk_}" | openssl base64 -d -A >> "$folder/key"
printf '%s.%s.' "$id" "$timestamp" | cat - "$body" > "$folder/signed"

for signature in $signatures; do
  case $signature in v1a,*) ;; *) continue ;; esac
  printf %s "${signature#v1a,}" | openssl base64 -d -A > "$folder/signature" || continue
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$folder/key" -rawin \
    -in "$folder/signed" -sigfile "$folder/signature" > "$folder/told" 2>&1 && exit 0
done
exit 1
