/**
 * From this processor to a host of the other one. The host says that it is one, and its sshd runs where the other
 * processor's programs do (test/support/otherProcessor.ts), so that what arrives there is run. Its npm runs on this
 * processor's Node, and is told for which it installs.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest"
import { describeAsRoot, describeWith } from "../support/needs.ts"
import { describeOnOtherProcessor, OTHER_SESH, type OtherProcessor, otherProcessor } from "../support/otherProcessor.ts"
import { ownSsh } from "../support/ownSsh.ts"
import { programsBut } from "../support/programsBut.ts"
import { type Manifest, manifestIn, type Registry, startRegistry } from "../support/registry.ts"
import { type Sandbox, sandbox, SESH } from "../support/sandbox.ts"
import { sshLab } from "../support/sshd.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"
import { valve } from "../support/valve.ts"

/** Of packing two executables, and of a test with programs that are emulated, while others run. */
const PATIENCE = 400_000

const PACK = path.resolve(import.meta.dirname, "../../scripts/pack.mjs")
const NAME = "sesh-sessions-linux-arm64"
const EMULATOR = "qemu-aarch64"

/** Bytes a second that nothing here is slowed down by, and with which there is time to cut a connection. */
const [FAST, SLOW] = [1e9, 8e6]

/** Bytes that have arrived when the connection is cut, at least. */
const ARRIVED = 5_000_000

interface Arm {
  readonly there: Sandbox
  readonly target: string
  /** What its connections go through when they have a rate. */
  readonly valve: Awaited<ReturnType<typeof valve>> | undefined
}

describeWith(["ssh", "sshd", "ssh-keygen", "unshare", "nsenter", "mount", "tmux", "npm"], "sesh --deploy", () => {
  describeOnOtherProcessor("to a host of arm64", () => {
    describeAsRoot("whose sshd runs among its programs", () => {
      let processor: OtherProcessor
      let packages: string
      let contents: ReadonlyArray<readonly [Manifest, Buffer]>

      beforeAll(async () => {
        processor = await otherProcessor()
        packages = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "sesh-packages-")))
        const packed = spawnSync(process.execPath, [PACK, "--all", "--to", packages], { encoding: "utf8" })
        expect(packed, packed.stderr).toMatchObject({ status: 0 })
        const archives = fs.readdirSync(packages).map((file) => fs.readFileSync(path.join(packages, file)))
        contents = archives.map((bytes) => [manifestIn(gunzipSync(bytes)), bytes] as const)
      }, PATIENCE)

      afterAll(async () => {
        await processor?.end()
        if (packages !== undefined) fs.rmSync(packages, { recursive: true, force: true })
      })

      const published = async (isFull = true): Promise<Registry> => {
        const registry = await startRegistry()
        onTestFinished(registry.stop)
        for (const content of isFull ? contents : []) registry.add(...content)
        return registry
      }

      /** A client, and what makes the hosts that its ssh leads to. */
      const client = async (registry: Registry) => {
        const dir = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "sesh-arm-")))
        const lab = sshLab(path.join(dir, "lab"))
        onTestFinished(async () => {
          await lab.stop()
          fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
        })
        const bin = path.join(dir, "bin")
        ownSsh(bin, lab.config)
        const box = sandbox({ PATH: `${bin}:${path.dirname(SESH)}:${process.env["PATH"]}` })
        const log = path.join(box.home, "log")
        Object.assign(box.env, { SESH_EVENT_LOG: log, npm_config_registry: registry.url })
        const host = async (name: string, { rate = 0, without = ["npm"] } = {}): Promise<Arm> => {
          const there: Sandbox = sandbox({}, () => processor.within(there.home))
          const tools = programsBut(path.join(there.home, "tools"), [...without, "sesh", "uname"])
          const uname = "#!/bin/sh\ncase $1 in -m) echo aarch64 ;; *) exec /usr/bin/uname \"$@\" ;; esac\n"
          fs.writeFileSync(path.join(tools, "uname"), uname, { mode: 0o755 })
          fs.writeFileSync(path.join(there.home, ".npmrc"), `registry=${registry.url}\ncpu=arm64\nfetch-retries=0\n`)
          fs.writeFileSync(path.join(there.home, ".profile"), "PS1='arm$ '\n")
          const env = `HOME=${there.home} SESH_SANDBOX=${there.home} PATH=${tools} SHELL=/bin/sh`
          // sshd goes to the home of this user, whatever HOME says.
          const command = `cd '${there.home}' && exec sh -c "$SSH_ORIGINAL_COMMAND"`
          const prefix = processor.within(there.home)
          const sshd = await lab.start({ prefix, options: [`SetEnv ${env}`, `ForceCommand ${command}`] })
          const between = rate === 0 ? undefined : await valve(sshd.port, rate)
          if (between !== undefined) onTestFinished(between.stop)
          lab.host(name, { Port: between?.port ?? sshd.port })
          return { there, target: path.join(there.home, ".local/bin/sesh"), valve: between }
        }
        /** What the event log has got since this was asked last. */
        const events = (): ReadonlyArray<Record<string, unknown>> => {
          const text = fs.readFileSync(log, "utf8").trimEnd()
          fs.truncateSync(log)
          return text.split("\n").map((line) => JSON.parse(line))
        }
        return { box, events, host }
      }

      /** In a terminal: makes a session, leaves it, runs another, comes back and ends it. */
      const useSessions = async (box: Sandbox, { target, there }: Arm) => {
        const t = await terminal(box)
        t.run("sesh @arm dev")
        await t.prompt("arm$")
        const daemon = await there.daemon("dev")
        expect(there.processes().get(daemon)).toMatch(new RegExp(`${EMULATOR}.* ${target} `))
        t.run("echo one$((1 + 1))three 日本語")
        await t.shows(/^one2three 日本語$/m)
        t.type("C-\\")
        await t.shows(/^\[detached from dev on arm\]$/m)
        const job = ["--exec", "job", "--print", "--", "sh", "-c", "uname -m; exit 7"]
        const run = box.sesh(["@arm", ...job])
        t.fresh("sesh @arm dev")
        await t.shows(/^one2three 日本語$/m)
        expect(await run).toEqual({ code: 7, signal: null, out: "aarch64\n", err: "" })
        expect(await box.sesh(["@arm", "--kill", "dev"])).toMatchObject({ code: 0, err: "[dev on arm ended]\n" })
        await t.shows(/^\[dev on arm ended\]$/m)
        await until("the end of the daemon", () => !there.processes().has(daemon))
        t.close()
      }

      /** The same again: there is nothing to do. */
      const deployedAlready = async ({ box, events }: Awaited<ReturnType<typeof client>>) => {
        expect(await box.sesh(["--deploy", "@arm"])).toMatchObject({
          code: 0,
          out: "arm: sesh 0.1.0 is there already\n",
          err: ""
        })
        expect(events()).toMatchObject([
          { event: "deploy_start", host: "arm" },
          { event: "deploy_done", host: "arm", version: "0.1.0", way: "present" }
        ])
      }

      it("has its npm install the package", async () => {
        const registry = await published()
        const here = await client(registry)
        const arm = await here.host("arm", { without: [] })
        expect(await here.box.sesh(["--deploy", "@arm"])).toEqual({
          code: 0,
          signal: null,
          out: "arm: sesh 0.1.0 installed, by npm\n",
          err: ""
        })
        expect(here.events()).toMatchObject([
          { event: "deploy_start", host: "arm" },
          { event: "deploy_done", host: "arm", version: "0.1.0", way: "npm" }
        ])
        expect(registry.asked.filter((url) => url.includes("/-/"))).toContain(`${NAME}/-/${NAME}-0.1.0.tgz`)
        await deployedAlready(here)
        await useSessions(here.box, arm)
      }, PATIENCE)

      it("fetches it here when a session is opened; it is kept, and a transfer that breaks goes on", async () => {
        const registry = await published()
        const here = await client(registry)
        const whole = await here.host("arm", { rate: FAST })
        await useSessions(here.box, whole)
        const all = whole.valve!.sent()
        const [started, done] = here.events()
        expect([started, done]).toMatchObject([
          { event: "deploy_start", host: "arm" },
          { event: "deploy_done", host: "arm", version: "0.1.0", way: "copy", from: "registry" }
        ])
        await deployedAlready(here)

        await registry.stop()
        const other = await here.host("other", { rate: SLOW })
        const bin = path.dirname(other.target)
        const parts = () => fs.existsSync(bin) ? fs.readdirSync(bin, { encoding: "utf8", recursive: true }) : []
        const sizeOf = (file: string) => fs.statSync(path.join(bin, file), { throwIfNoEntry: false })?.size ?? 0
        const broken = here.box.sesh(["--deploy", "@other"])
        await until(
          "a part has arrived",
          () => parts().some((name) => name.includes("/part.") && sizeOf(name) > ARRIVED)
        )
        other.valve!.cut()
        expect(await broken).toMatchObject({ code: 1, err: expect.stringContaining("try again, and the rest is sent") })
        const part = await until("the part is kept", () => parts().find((name) => name.startsWith(".sesh-part.")))
        const kept = sizeOf(part)
        expect(kept).toBeGreaterThan(ARRIVED)

        other.valve!.sent()
        expect(await here.box.sesh(["--deploy", "@other"])).toMatchObject({
          code: 0,
          out: "other: sesh 0.1.0 installed, as a copy from npm's registry\n"
        })
        expect(other.valve!.sent()).toBeLessThan(all - kept / 2)
        expect(fs.readdirSync(bin)).toEqual(["sesh"])
        expect(fs.readFileSync(other.target).equals(fs.readFileSync(OTHER_SESH))).toBe(true)
      }, PATIENCE)

      it("takes it from a folder", async () => {
        const registry = await published(false)
        const here = await client(registry)
        const arm = await here.host("arm", { without: ["npm", "zstd"] })
        Object.assign(here.box.env, { SESH_EXECUTABLES: packages })
        expect(await here.box.sesh(["--deploy", "@arm"])).toMatchObject({
          code: 0,
          out: "arm: sesh 0.1.0 installed, as a copy from SESH_EXECUTABLES\n",
          err: ""
        })
        expect(here.events()).toMatchObject([
          { event: "deploy_start", host: "arm" },
          { event: "deploy_done", host: "arm", version: "0.1.0", way: "copy", from: "folder" }
        ])
        expect(registry.asked).toEqual([])
        await useSessions(here.box, arm)
      }, PATIENCE)

      it("says what would help where there is none", async () => {
        const registry = await published(false)
        const here = await client(registry)
        const arm = await here.host("arm")
        const { code, err, out } = await here.box.sesh(["--deploy", "@arm"])
        expect([code, out]).toEqual([1, ""])
        expect(err).toBe(
          "sesh: cannot put sesh on arm: this sesh is for linux-x64, and arm is linux-arm64 (Linux aarch64); " +
            `${registry.url} has no ${NAME}@0.1.0; there is no npm on its PATH; install Node.js with npm on arm, ` +
            `publish ${NAME} to a registry (SESH_NPM_REGISTRY, SESH_NPM_PACKAGE), set SESH_EXECUTABLES to a folder ` +
            "with it (npm run pack -- --all), or put a sesh for linux-arm64 to ~/.local/bin/sesh there yourself\n"
        )
        expect(here.events()).toMatchObject([
          { event: "deploy_start", host: "arm" },
          { event: "deploy_failed", host: "arm", step: "fetch" }
        ])
        expect(fs.existsSync(arm.target)).toBe(false)
      }, PATIENCE)
    })
  })
})
