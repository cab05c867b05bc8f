import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type FakeSshHost, SshTransportTestRef } from "../../../src/layers/testing/SshTransportFake.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { HostMemory } from "../../../src/services/HostMemory.ts"
import { Remotes } from "../../../src/services/Remotes.ts"
import { HostKeyChanged, HostUnreachable } from "../../../src/services/SshTransport.ts"
import { web } from "../../contract/Remotes.ts"
import { line, remotesOn, saying } from "../../support/hostAnswers.ts"

const look = Effect.flatMap(Remotes, ({ look }) => look(web))

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202e]/

describe("what a host answers", () => {
  const info = { name: "a", id: "1", dir: "/", pid: 1, size: { cols: 1, rows: 1 }, created: 0, active: 0, clients: [] }

  it.live.each<readonly [string, string, FakeSshHost]>([
    ["nonsense", "nothing", saying("")],
    ["nonsense", "no JSON", saying("Welcome to Ubuntu\n", { err: "\u001b[2Jevil\u202e\n" })],
    ["nonsense", "another shape", saying("[]\n")],
    ["nonsense", "no answer", saying(line({ answer: {} }))],
    ["nonsense", "the answer to another question", saying(line({ answer: { exists: true } }))],
    ["nonsense", "a relative directory", saying(line({ dir: ".sesh" }))],
    ["nonsense", "a directory with control characters", saying(line({ dir: "/h/\u001b[2J" }))],
    ["nonsense", "an empty home", saying(line({ home: "" }))],
    ["nonsense", "a version with control characters", saying(line({ sesh: "\u001b[2J" }))],
    ["nonsense", "a session with an impossible name", saying(line({ answer: { sessions: [{ name: "../x" }] } }))],
    [
      "nonsense",
      "too many sessions",
      saying(line({ answer: { sessions: Array.from({ length: 5000 }, (_, n) => ({ name: `s${n}` })) } }))
    ],
    ["nonsense", "more than anybody wants to hold", saying(Buffer.alloc(5 * 1024 * 1024, "x"))],
    ["nonsense", "an end by a signal", saying("", { code: 139 })],
    ["nonsense", "another program of that name", saying("", { code: 1, err: "unknown flag: --serve\n" })],
    ["version", "another version of the exchange", saying("{\"version\":2,\"sesh\":\"2.0.0\"}\n")],
    [
      "version",
      "that it does not know the question",
      saying("", { code: 2, err: "sesh: there is no option --serve\n" })
    ],
    ["version", "that it will not", saying(line({ answer: { error: { kind: "version", message: "old" } } }))],
    ["no sesh", "that there is none", saying("", { code: 127, err: "sh: exec: sesh: not found\n" })],
    ["no sesh", "that it is for another machine", saying("", { code: 126, err: "sh: sesh: Exec format error\n" })],
    [
      "refused",
      "that its directory is not safe",
      saying(line({ answer: { error: { kind: "place", message: "x\u001b" } } }))
    ],
    ["refused", "that it got too little to start", saying("", { code: 1, err: "sesh: no more threads\n" })],
    ["refused", "something from later", saying(line({ answer: { error: { kind: "moon", message: "phase" } } }))]
  ])("%s: %s", ([kind, , host]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(look)
      assert.strictEqual(error.kind, kind)
      assert.include(error.message, "web")
      assert.notMatch(error.message, CONTROL)
      assert.isBelow(error.message.length, 400)
      assert.isTrue(Option.isNone(yield* (yield* HostMemory).get(web)))
    }).pipe(Effect.provide(remotesOn(host))))

  it.live.each<readonly [FakeSshHost, RegExp]>([
    [
      saying("", { code: 2, err: "sesh: there is no option --serve\n" }),
      /is too old for this one.*run: sesh --deploy @web$/
    ],
    [saying("{\"version\":2,\"sesh\":\"0.0.0-a\"}\n"), /web, 0\.0\.0-a, is too old.*; run: sesh --deploy @web$/],
    [saying("{\"version\":2,\"sesh\":\"99.0.0\"}\n"), /is 99\.0\.0, and this one, .*: install 99\.0\.0 here$/],
    [
      saying("", { code: 1, err: "unknown flag: --serve\n" }),
      /unknown flag.* another program, run: sesh --deploy @web$/
    ],
    [saying("", { code: 1, err: "sesh: too few open files (ulimit -n)\n" }), /^web: too few open files \(ulimit -n\)$/]
  ])("what would help is said: %s", ([host, words]) =>
    Effect.gen(function*() {
      assert.match((yield* Effect.flip(look)).message, words)
    }).pipe(Effect.provide(remotesOn(host))))

  it.live("fields of later versions, and what login scripts say on standard error, do not matter", () =>
    Effect.gen(function*() {
      const found = yield* look
      assert.deepStrictEqual(found.sessions, [{
        name: "a" as SessionName,
        info: { ...info, name: "a" as SessionName }
      }])
    }).pipe(Effect.provide(remotesOn(saying(
      line({ later: 1, answer: { sessions: [{ name: "a", info: { ...info, later: 2 } }], later: 3 } }),
      { err: "You have mail.\n" }
    )))))

  it.live("a host that does not answer is given up, and one that does not let us in is not tried again", () =>
    Effect.gen(function*() {
      const { hosts } = yield* SshTransportTestRef
      hosts.get(web)!.failure = new HostUnreachable({ host: web, reason: "timeout", words: "" })
      assert.deepInclude(yield* Effect.flip(look), { kind: "unreachable", isPassing: true })
      hosts.get(web)!.failure = new HostKeyChanged({ host: web, name: web })
      assert.deepInclude(yield* Effect.flip(look), { kind: "refused", isPassing: false })
    }).pipe(Effect.provide(remotesOn(saying("")))))
})
