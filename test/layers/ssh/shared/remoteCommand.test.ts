import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { beforeLogin, explainFailure, stageOf } from "../../../../src/layers/ssh/shared/sshLog.ts"
import { HostName, hostWord, parseHostName, sshWords } from "../../../../src/schema/HostName.ts"

describe("names of hosts", () => {
  it.each([
    "web",
    "web.example.org",
    "me@web",
    "10.0.0.1",
    "me@[::1]",
    "fe80::1%eth0",
    "a@b@c",
    "WEB_1",
    "web:2222",
    "me@web:22",
    "me@[fe80::1%eth0]:65535",
    "x".repeat(200)
  ])(
    "%s is valid",
    (name) => {
      assert.isTrue(Result.isSuccess(parseHostName(name)))
      assert.strictEqual(Schema.decodeSync(HostName)(name), name)
    }
  )

  it.each([
    ["", "empty"],
    ["-oProxyCommand=id", "start"],
    ["me@-oProxyCommand=id", "start"],
    ["-me@web", "start"],
    ["@web", "user"],
    ["me@", "host"],
    ["a b", "use"],
    ["a\nb", "use"],
    ["a\u001b[2J", "use"],
    ["a/b", "use"],
    ["..", "start"],
    ["$(id)", "use"],
    ["a;b", "use"],
    ["höst", "use"],
    [":22", "host"],
    ["me@:22", "host"],
    ["web:0", "port"],
    ["me@web:65536", "port"],
    ["-oProxyCommand=id:22", "start"],
    ["ssh://", "empty"],
    ["ssh://@web", "user"],
    ["ssh://-oProxyCommand=id", "start"],
    ["ssh://web/etc", "use"],
    ["ssh://web:22//", "use"],
    ["ssh://me%2:x@web", "user"],
    ["ssh://me%0a@web", "use"],
    ["ssh://%2doProxyCommand=id@web", "start"],
    ["http://web", "use"],
    ["x".repeat(201), "201"]
  ])("%j is not, and the message says why", (name, why) => {
    const error = Result.getOrThrow(Result.flip(parseHostName(name)))
    assert.include(error.message, why)
    assert.notMatch(error.message, /[\u0000-\u001f]/)
    assert.throws(() => Schema.decodeSync(HostName)(name as HostName))
  })
})

describe("a destination", () => {
  it.each([
    ["ssh://web", "web"],
    ["ssh://web/", "web"],
    ["ssh://me@web:2222", "me@web:2222"],
    ["ssh://me;fingerprint=x@web", "me@web"],
    ["ssh://me%40corp@web:22", "me@corp@web:22"],
    ["ssh://[::1]:22", "[::1]:22"]
  ])("%s is the host %s", (uri, name) => {
    assert.strictEqual(Result.getOrThrow(parseHostName(uri)), name)
  })

  it.each([
    ["web", "-- web"],
    ["me@web:2222", "-p 2222 -- me@web"],
    ["a:1@web", "-- a:1@web"],
    ["me@[::1]:22", "-p 22 -- me@::1"],
    ["[::1]", "-- ::1"],
    ["fe80::1:22", "-- fe80::1:22"],
    ["web:ssh", "-- web:ssh"]
  ])("%s is for ssh: %s", (host, words) => {
    assert.strictEqual(sshWords(host).join(" "), words)
  })

  it("is one word on a command line, quoted where a shell would look into it", () => {
    assert.strictEqual(hostWord("me@web:22"), "@me@web:22")
    assert.strictEqual(hostWord("[::1]:22"), "'@[::1]:22'")
  })
})

describe("ssh's messages", () => {
  const told = (log: string) => explainFailure("web", log, { log, names: new Set(["web", "[web]:22"]) })

  it.each([
    ["ssh: connect to host 10.0.0.1 port 22: Connection refused\r\n", "refused"],
    ["ssh: connect to host 10.0.0.1 port 22: Connection timed out\r\n", "timeout"],
    ["ssh: connect to host 10.0.0.1 port 22: No route to host\r\n", "no network"],
    ["ssh: Could not resolve hostname web: Name or service not known\r\n", "no such host"],
    ["kex_exchange_identification: read: Connection reset by peer\r\n", "dropped"],
    ["something new\n", "other"],
    ["", "other"]
  ])("%j is an unreachable host", (log, reason) => {
    const error = told(log)
    assert.deepStrictEqual([error._tag, "reason" in error ? error.reason : ""], ["HostUnreachable", reason])
  })

  it("a changed key comes before everything else", () => {
    const error = told([
      "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
      "Offending ECDSA key in /home/me/.ssh/known_hosts:12",
      "  remove with:",
      "  ssh-keygen -f \"/home/me/.ssh/known_hosts\" -R \"web\"",
      "Host key verification failed.",
      "Permission denied (publickey)."
    ].join("\r\n"))
    assert.strictEqual(error._tag, "HostKeyChanged")
    assert.include(error.message, "/home/me/.ssh/known_hosts, line 12")
    assert.include(error.message, "ssh-keygen -R web -f /home/me/.ssh/known_hosts")
  })

  it("of a changed key name no other host", () => {
    const { message } = told("REMOTE HOST IDENTIFICATION HAS CHANGED\n  ssh-keygen -R 'bank.example'\n")
    assert.include(message, "ssh-keygen -R web")
    assert.notInclude(message, "bank.example")
  })

  it("of a key are believed as far as the host had no part in them", () => {
    const [before, after] = ["debug1: Connecting to web\r\n", "REMOTE HOST IDENTIFICATION HAS CHANGED\r\n"]
    const log = `${before}debug1: SSH2_MSG_SERVICE_ACCEPT received\r\n${after}`
    assert.strictEqual(beforeLogin(log), before)
    assert.strictEqual(beforeLogin(`ssh.c:main():12 (bin=ssh): ${log}`), before)
    assert.strictEqual(beforeLogin(before + after), before + after)
    assert.strictEqual(explainFailure("web", after)._tag, "HostUnreachable", "what a jump host says of the next one")
  })

  it("its words are short and move no cursor", () => {
    const { message } = told(`Permission denied \u001b[2J\u009b1m\u202e${"x".repeat(10_000)}\n`)
    assert.isBelow(message.length, 400)
    assert.notMatch(message, /[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  it.each([
    ["debug1: Connecting to web [10.0.0.1] port 22.\r\ndebug1: Connection established.\r\n", "connection"],
    ["debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2\r\n", "login"],
    ["debug1: Remote protocol version 2.0\ndebug1: Server host key: ssh-ed25519 SHA256:x\n", "asking"],
    ["debug1: Remote protocol version 2.0\ndebug1: Server host key: x\ndebug1: SSH2_MSG_NEWKEYS received\n", "login"],
    ["debug1: Remote protocol version 2.0\ndebug1: Offering public key: /x ED25519\n", "login"],
    ["debug1: Remote protocol version 2.0\ndebug1: Server accepts key: /x ED25519\n", "asking"],
    ["debug1: Remote protocol version 2.0\ndebug1: Next authentication method: password\n", "asking"],
    ["", "connection"]
  ])("%j is the stage of a connection", (log, stage) => {
    assert.strictEqual(stageOf(log), stage)
  })
})
