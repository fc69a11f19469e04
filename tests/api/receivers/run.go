// Reads messages from stdin, and writes for each whether the package beside it takes it.
package main

import (
	"encoding/json"
	"os"
	"strings"
	"time"

	"receiver/inkloom"
)

type header map[string]string

func (given header) Get(name string) string {
	for key, value := range given {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

type message struct {
	Secret  string
	Headers header
	Body    string
	Now     int64
}

func main() {
	var messages []message
	if err := json.NewDecoder(os.Stdin).Decode(&messages); err != nil {
		panic(err)
	}
	told := []bool{}
	for _, one := range messages {
		err := inkloom.Verify(one.Secret, one.Headers, []byte(one.Body), time.Unix(one.Now, 0))
		told = append(told, err == nil)
	}
	json.NewEncoder(os.Stdout).Encode(told)
}
