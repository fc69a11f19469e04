// Reads messages from stdin, and writes for each whether the file that is given takes it.
import { readFileSync } from "node:fs"

const { verify } = await import(process.argv[2])
const told = JSON.parse(readFileSync(0, "utf8")).map(({ secret, headers, body, now }) => {
  try {
    return verify(secret, headers, Buffer.from(body, "utf8"), now)
  } catch {
    return false
  }
})
console.log(JSON.stringify(told))
