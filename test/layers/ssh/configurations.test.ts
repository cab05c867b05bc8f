import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { execFile, execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import { userInfo } from "node:os"
import * as Path from "node:path"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { type Configuration, configurations } from "../../contract/ssh/configurations.ts"
import { NEEDS, special } from "../../contract/ssh/real.ts"
import { Machinery, machines } from "../../fixtures/sshHosts.ts"
import { describeWith } from "../../support/needs.ts"
import { freePort } from "../../support/sshd.ts"
import { hostNamed } from "../../support/sshSuite.ts"

/** How many are tried at once. */
const AT_ONCE = 4

const target = hostNamed("target")

/** Writes each configuration into a file of its own. */
const lab = Effect.gen(function*() {
  const { ssh } = yield* Machinery
  const authority = ssh.keygen("authority")
  const member = ssh.keygen("member")
  execFileSync("ssh-keygen", ["-q", "-s", authority, "-I", "me", "-n", userInfo().username, `${member}.pub`])
  const { sshd } = yield* special(
    "all",
    `TrustedUserCAKeys ${authority}.pub`,
    "AcceptEnv LC_*",
    "MaxStartups 100",
    "Subsystem sftp internal-sftp"
  )
  const known = Path.join(ssh.dir, "known")
  Fs.writeFileSync(known, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\naliased ${sshd.hostKey}\n`)
  Fs.writeFileSync(Path.join(ssh.dir, "included"), `Host target\n  Port ${sshd.port}\n`)
  Fs.symlinkSync(ssh.key, Path.join(ssh.dir, `key-${sshd.port}-target`))
  const words = {
    AGENT: yield* Effect.promise(() => ssh.agent(ssh.key)),
    DIR: ssh.dir,
    FREE: String(yield* Effect.promise(freePort)),
    KEY: ssh.key,
    KNOWN: known,
    PORT: String(sshd.port),
    USER: userInfo().username
  }
  const leads = (name: string, port: number) =>
    `Host ${name}
  HostName 127.0.0.1
  Port ${port}
  IdentityFile ${ssh.key}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${known}
  GlobalKnownHostsFile none
`
  return ({ before = "", host }: Configuration, index: number): string => {
    const path = Path.join(ssh.dir, `config${index}`)
    const own = host === undefined ? "" : `Host target\n  ${host}\n`
    const text = `${before}\n${own}${leads("target hop hop2", sshd.port)}${leads("nowhere", 1)}`
    Fs.writeFileSync(
      path,
      text.replaceAll(/@([A-Z]+)/g, (_, word: string) => ({ ...words, CONFIG: path })[word]!)
    )
    return path
  }
})

/** Whether `ssh` gets there. */
const sshWorks = (config: string, { command = ["true"], ssh = [] }: Configuration): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const args = ["-F", config, "-oBatchMode=yes", ...ssh, "target", ...command]
    const child = execFile("ssh", args, { timeout: 30_000 }, (error) => resume(Effect.succeed(error === null)))
    child.stdin?.end()
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** What `echo` says there, or why not. */
const ask = (layer: Layer.Layer<SshTransport>) =>
  Effect.flatMap(
    SshTransport,
    ({ close, exec }) =>
      Effect.match(exec(target, ["echo", "there"], { connectTimeout: "20 seconds" }), {
        onFailure: ({ message }) => message,
        onSuccess: ({ stdout }) => stdout.toString().trim()
      }).pipe(Effect.ensuring(close(target)))
  ).pipe(Effect.provide(Layer.fresh(layer)))

describeWith(NEEDS, "a configuration of ssh", () => {
  it.live(
    "with which ssh gets to a host is one with which sesh does, over both transports",
    () =>
      Effect.gen(function*() {
        const { transport, transport2 } = yield* Machinery
        const write = yield* lab
        const wrong = yield* Effect.forEach(
          Object.entries(configurations),
          Effect.fnUntraced(function*([name, configuration], index) {
            const config = write(configuration, index)
            const works = yield* sshWorks(config, configuration)
            const openssh = yield* ask(transport({ config }))
            const ssh2 = yield* ask(transport2({ config }))
            return [
              ...works === (configuration.fails !== true) ? [] : [`${name}: ssh itself ${works ? "works" : "fails"}`],
              ...(openssh === "there") === works ? [] : [`${name}: openssh: ${openssh}`],
              ...(ssh2 === "there") === (configuration.ssh2 ?? works) ? [] : [`${name}: ssh2: ${ssh2}`]
            ]
          }),
          { concurrency: AT_ONCE }
        )
        assert.deepStrictEqual(wrong.flat(), [])
      }).pipe(Effect.scoped, Effect.provide(machines)),
    180_000
  )
})
