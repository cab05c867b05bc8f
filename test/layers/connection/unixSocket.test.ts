import { assert, it } from "@effect/vitest"
import { socketError } from "../../../src/layers/connection/unixSocket.ts"

const failing = (code: string) => socketError(Object.assign(new Error(code), { code }))

it("nobody listens, as Linux and macOS say it", () => {
  // The last is macOS' for a file that is no socket, where Linux refuses.
  for (const code of ["ENOENT", "ECONNREFUSED", "ECONNRESET", "ENOTSOCK"]) assert.isTrue(failing(code).dead, code)
  for (const code of ["EAGAIN", "EACCES", "EMFILE"]) assert.isFalse(failing(code).dead, code)
  assert.isTrue(failing("EAGAIN").busy)
})
