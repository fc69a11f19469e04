// Package inkloom tells genuine webhooks from others: Standard Webhooks, HMAC-SHA256.
//
// In a handler, with body from io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20)):
//
//	if err := inkloom.Verify(secret, r.Header, body, time.Now()); err != nil {
//		http.Error(w, err.Error(), http.StatusBadRequest)
//		return
//	}
package inkloom

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

const toleranceSeconds = 300

var (
	// ErrSecret is a secret that is none.
	ErrSecret = errors.New("a secret reads whsec_ and base64")
	// ErrNotGenuine is a message that somebody else made, or changed.
	ErrNotGenuine = errors.New("the message is not genuine")
	// ErrTimestamp is a message that is too old, or from the future.
	ErrTimestamp = errors.New("the message is not fresh")
)

// Header is what http.Header is: Get answers the value of a name in any case, or nothing.
type Header interface{ Get(name string) string }

// Verify returns nil for a message that is genuine and fresh. The body is what was received, byte
// for byte: JSON that is read and written again is another text.
func Verify(secret string, header Header, body []byte, now time.Time) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !strings.HasPrefix(secret, "whsec_") || len(key) < 24 {
		return ErrSecret
	}
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if id == "" || err != nil {
		return ErrNotGenuine
	}
	age := now.Unix() - int64(seconds)
	if age > toleranceSeconds || age < -toleranceSeconds {
		return ErrTimestamp
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	good := false
	// One for each secret that is valid now: two while one takes over from the other.
	for _, signature := range strings.Split(header.Get("webhook-signature"), " ") {
		if hmac.Equal(expected, []byte(signature)) {
			good = true
		}
	}
	if !good {
		return ErrNotGenuine
	}
	return nil
}
