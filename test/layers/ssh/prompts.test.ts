import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as PtyNode from "../../../src/layers/pty/PtyNode.ts"
import type { Pty } from "../../../src/services/Pty.ts"
import { PASSWORD, passwordHost } from "../../fixtures/passwordHost.ts"
import { Machinery, machines } from "../../fixtures/sshHosts.ts"
import { onTerminal } from "../../fixtures/sshTerminal.ts"
import { describeWith } from "../../support/needs.ts"
import { happens } from "../../support/sshSuite.ts"

type Services = Machinery | Pty | Scope.Scope

const test = <A, E>(name: string, effect: Effect.Effect<A, E, Services>) =>
  it.live(
    name,
    () => Effect.scoped(effect).pipe(Effect.provide(Layer.merge(machines, PtyNode.layer))),
    60_000
  )

for (const transport of ["openssh", "ssh2"] as const) {
  describeWith(["ssh", "sshd", "ssh-keygen"], `what ${transport} asks on the user's terminal`, () => {
    test(
      "a passphrase, without showing it",
      Effect.gen(function*() {
        const { says, type } = yield* onTerminal("locked", "interactive", transport)
        yield* happens("it asks", () => says.text().includes("Enter passphrase for key"))
        type("wrong\r")
        yield* happens("it asks again", () => says.text().split("Enter passphrase for key").length === 3)
        type("a passphrasX\x7fe\r")
        yield* happens("it ran", () => says.text().includes("]"))
        assert.include(says.text(), "[it works]")
        assert.notMatch(says.text(), /wrong|a pass/)
      })
    )

    test(
      "a password, again while it is wrong",
      Effect.gen(function*() {
        yield* passwordHost("typed", "password")
        const { says, type } = yield* onTerminal("typed", "interactive", transport)
        yield* happens("it asks", () => says.text().includes("me@127.0.0.1's password:"))
        type("wrong\r")
        yield* happens("it asks again", () => says.text().split("'s password:").length === 3)
        type(`${PASSWORD}\r`)
        yield* happens("it ran", () => says.text().includes("]"))
        assert.include(says.text(), "[it works]")
        assert.notMatch(says.text(), /wrong|sesam/)
      })
    )

    for (const [what, paste] of Object.entries({ "CR LF": "wrong\r\n", lines: `wrong\r${PASSWORD}\r${PASSWORD}\r` })) {
      test(
        `only what was typed for it: a paste with ${what} is one answer`,
        Effect.gen(function*() {
          const { methods } = yield* passwordHost("typed", "password")
          const { says, type } = yield* onTerminal("typed", "interactive", transport)
          yield* happens("it asks", () => says.text().includes("'s password:"))
          type(paste)
          yield* happens("it asks again", () => says.text().split("'s password:").length === 3)
          assert.strictEqual(methods().filter((method) => method === "password").length, 1)
          type(`${PASSWORD}\r\n`)
          yield* happens("it ran", () => says.text().includes("]"))
          assert.include(says.text(), "[it works]")
          assert.strictEqual(methods().filter((method) => method === "password").length, 2)
        })
      )
    }

    test(
      "what is typed while the host judges an answer is no answer to its next question",
      Effect.gen(function*() {
        const { judge, methods } = yield* passwordHost("typed", "password", { isHeld: true })
        const { says, type } = yield* onTerminal("typed", "interactive", transport)
        yield* happens("it asks", () => says.text().includes("'s password:"))
        type("wrong\r")
        yield* happens("the host has it", () => methods().includes("password"))
        type("more\r")
        yield* happens("it is shown", () => says.text().includes("more"))
        judge()
        yield* happens("it asks again", () => says.text().split("'s password:").length === 3)
        type(`${PASSWORD}\r`)
        yield* happens("it ran", () => says.text().includes("]"))
        assert.include(says.text(), "[it works]")
        assert.strictEqual(methods().filter((method) => method === "password").length, 2)
      })
    )

    test(
      "nothing more once the user gives up",
      Effect.gen(function*() {
        yield* passwordHost("typed", "password")
        for (const key of ["\x03", "\x1c"]) {
          const { says, type } = yield* onTerminal("typed", "interactive", transport)
          yield* happens("it asks", () => says.text().includes("'s password:"))
          type(key)
          yield* happens("it ended", () => says.exits.length > 0)
        }
      })
    )

    test(
      "a password three times, and then no more",
      Effect.gen(function*() {
        yield* passwordHost("typed", "password")
        const { says, type } = yield* onTerminal("typed", "interactive", transport)
        for (let time = 1; time <= 3; time++) {
          yield* happens("it asks", () => says.text().split("'s password:").length === time + 1)
          type("wrong\r")
        }
        yield* happens("it gave up", () => says.text().includes("]"))
        assert.include(says.text(), "[AuthenticationFailed: typed does not let us in: ")
      })
    )

    test(
      "whether to trust a new key, where the user wants to be asked, and only there",
      Effect.gen(function*() {
        const { good: sshd, ssh } = yield* Machinery
        const part = Path.join(ssh.dir, "part")
        const known = Path.join(ssh.dir, "known")
        Fs.writeFileSync(part, "Host careful*\n  StrictHostKeyChecking ask\n")
        const own = Fs.readFileSync(ssh.config, "utf8")
        Fs.writeFileSync(ssh.config, `Include ${part}\n${own}`)
        for (const name of ["careful", "careless"]) ssh.host(name, { Port: sshd.port, UserKnownHostsFile: known })
        for (const [prompts, answer] of [["batch"], ["interactive", "no"], ["interactive", "yes"]] as const) {
          const { says, type } = yield* onTerminal("careful", prompts, transport)
          if (answer !== undefined) {
            yield* happens("it asks", () => says.text().includes("(yes/no/[fingerprint])?"))
            assert.match(says.text(), /SHA256:[\w+/]{43}/)
            type(`${answer}\r`)
          }
          yield* happens("its end", () => says.text().includes("]\r\n"))
          assert.include(says.text(), answer === "yes" ? "[it works]" : "[HostKeyUnknown: ")
          assert.strictEqual(Fs.existsSync(known), answer === "yes")
        }
        Fs.unlinkSync(known)
        const { says } = yield* onTerminal("careless", "batch", transport)
        yield* happens("its end", () => says.text().includes("]\r\n"))
        assert.include(says.text(), "[it works]")
      })
    )

    test(
      "the host's own questions, without their control characters",
      Effect.gen(function*() {
        const { methods } = yield* passwordHost("token", "keyboard-interactive")
        const { says, type } = yield* onTerminal("token", "interactive", transport)
        yield* happens("it asks", () => says.text().includes("Code:"))
        type(`${PASSWORD}\r`)
        yield* happens("it ran", () => says.text().includes("]"))
        assert.include(says.text(), "[it works]")
        // OpenSSH writes it to its log.
        if (transport === "ssh2") assert.include(says.text(), "The  title\r\nLook at your token\r\n")
        assert.notMatch(says.text(), /\u0007|\u001b\[31m|sesam/)
        assert.include(methods(), "keyboard-interactive")
      })
    )

    test(
      "nothing where no questions may be asked",
      Effect.gen(function*() {
        const { methods } = yield* passwordHost("typed", "password")
        for (const host of ["typed", "locked"]) {
          const { says } = yield* onTerminal(host, "batch", transport)
          yield* happens("it gave up", () => says.text().includes("]"))
          assert.include(says.text(), "[AuthenticationFailed: ")
          assert.notMatch(says.text(), /passphrase for|password:/)
        }
        assert.notInclude(methods(), "password")
      })
    )
  })
}

describeWith(["sshd", "ssh-keygen"], "a host whose login has to be confirmed elsewhere", () => {
  test(
    "may take longer than one that does not answer, over ssh2",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      yield* passwordHost("thoughtful", "keyboard-interactive", { thinksMs: 2500 })
      Fs.appendFileSync(ssh.config, "  ConnectTimeout 1\n")
      const { says, type } = yield* onTerminal("thoughtful", "interactive", "ssh2")
      yield* happens("it asks", () => says.text().includes("Code:"))
      type(`${PASSWORD}\r`)
      yield* happens("it ran", () => says.text().includes("]"))
      assert.include(says.text(), "[it works]")
    })
  )
})

describeWith(["sshd", "ssh-keygen"], "a host that hangs up while the user thinks", () => {
  test(
    "is asked for no longer: the terminal is free for the next question, over ssh2",
    Effect.gen(function*() {
      const { hangUp } = yield* passwordHost("typed", "password")
      const { says, type } = yield* onTerminal("typed", "interactive", "ssh2")
      yield* happens("it asks", () => says.text().includes("'s password:"))
      hangUp()
      yield* happens("it asks again", () => says.text().split("'s password:").length === 3)
      type(`${PASSWORD}\r`)
      yield* happens("it ran", () => says.text().includes("]"))
      assert.include(says.text(), "[it works]")
    })
  )
})

describeWith(["sshd", "ssh-keygen"], "a host that wants a key and a code", () => {
  for (const transport of ["openssh", "ssh2"] as const) {
    test(
      `gets both from ${transport}`,
      Effect.gen(function*() {
        const { methods } = yield* passwordHost("both", "key and keyboard-interactive")
        const { says, type } = yield* onTerminal("both", "interactive", transport)
        yield* happens("it asks", () => says.text().includes("Code:"))
        type(`${PASSWORD}\r`)
        yield* happens("it ran", () => says.text().includes("]"))
        assert.include(says.text(), "[it works]")
        assert.strictEqual(methods().filter((method) => method === "keyboard-interactive").length, 1)
      })
    )
  }
})
