/** The executable for Linux's other processor, and that it and this processor's are one product to their sessions. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { describeOnOtherProcessor, type OtherProcessor, otherProcessor } from "../support/otherProcessor.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

const EMULATOR = "qemu-aarch64"

/** Every start takes a second or two of the processor, which a busy machine has for others. */
const PATIENCE = 400_000

describeWith(["unshare", "nsenter", "mount", "tmux"], "another processor", () => {
  describeOnOtherProcessor("arm64", () => {
    let processor: OtherProcessor

    beforeAll(async () => {
      processor = await otherProcessor()
    })

    afterAll(() => processor?.end())

    const there = (extra?: Record<string, string>): Sandbox => {
      const box: Sandbox = sandbox(extra, () => processor.within(box.home))
      return box
    }

    const isEmulated = async (box: Sandbox, name: string) => {
      const pid = await box.daemon(name)
      return box.processes().get(pid)!.includes(EMULATOR)
    }

    it("keeps a session, and shows its screen to somebody who comes back", async () => {
      const box = there()
      const t = await terminal(box)
      t.run("sesh dev")
      await t.prompt("$")
      expect(await isEmulated(box, "dev")).toBe(true)
      t.run("printf '\\033[1;32mgreen %s\\033[m %s\\n' one$((1 + 1))three 日本語")
      await t.shows(/^green one2three 日本語$/m)
      const before = t.colours()
      t.type("C-\\")
      await t.shows(/^\[detached from dev\]$/m)
      t.fresh("sesh dev")
      await t.shows(/^green one2three 日本語$/m)
      const green = (colours: string) => colours.split("\n").filter((line) => line.includes("green one2three"))
      expect(green(t.colours())).toEqual(green(before))
      t.run("exit 5")
      await t.shows(/^\[dev ended\]$/m)
      expect(await t.status()).toBe(5)
    }, PATIENCE)

    it("gives a program its caller's limits and signals, and arguments byte by byte", async () => {
      const box = there({ NODE_REPL_EXTERNAL_MODULE: "/no/such" })
      const job =
        "ulimit -Sn; grep ^SigIgn: /proc/self/status; echo $NODE_REPL_EXTERNAL_MODULE; printf %s \"$1\" | od -An -tx1"
      const line =
        `trap '' HUP USR1; ulimit -Sn 222; exec sesh --exec job --print -- sh -c '${job}' sh "$(printf 'caf\\351')"`
      const { err, out } = await box.run("sh", ["-c", line])
      expect({ err, out: out.trim().replaceAll(/\s+/g, " ") }).toEqual({
        err: "",
        out: "222 SigIgn: 0000000000000201 /no/such 63 61 66 e9"
      })
    }, PATIENCE)

    it("says what its process may not have", async () => {
      const { code, err } = await there().run("sh", ["-c", "ulimit -n 12; exec sesh --version"])
      expect({ code, err }).toEqual({
        code: 1,
        err: "sesh: the limit of open files is too low here: allow 32 (ulimit -n)\n"
      })
    }, PATIENCE)

    it("runs commands, and lists and kills sessions", async () => {
      const box = there()
      const [version, check, job] = await Promise.all([
        box.sesh(["--version"]),
        box.sesh(["--check"]),
        box.sesh(["--exec", "job", "--print", "--", "sh", "-c", "echo from the job; exit 7"])
      ])
      expect(version).toEqual(await sandbox().sesh(["--version"]))
      expect(check).toMatchObject({ code: 0, err: "" })
      expect(job).toEqual({ code: 7, signal: null, out: "from the job\n", err: "" })
      expect(await box.sesh(["dev", "-d"])).toMatchObject({ code: 0, err: "" })
      const [session] = await box.sessions()
      expect(session).toMatchObject({ name: "dev", info: { cwd: box.home, foreground: "/bin/bash" } })
      expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0, err: "[dev ended]\n" })
      expect(await box.sessions()).toEqual([])
    }, PATIENCE)

    it.each(["arm64", "x64"])("sessions of %s are the other's, too", async (cpu) => {
      const here = sandbox()
      const both = [there({ SESH_DIR: here.dir }), here] as const
      const [daemon, client] = cpu === "arm64" ? both : [both[1], both[0]]
      expect(await daemon.sesh(["dev", "-d"])).toMatchObject({ code: 0, err: "" })
      expect(await isEmulated(daemon, "dev")).toBe(cpu === "arm64")

      expect(await client.sessions()).toMatchObject([{ name: "dev", info: { cwd: daemon.home } }])
      const t = await terminal(client)
      t.run("sesh dev")
      await t.prompt("$")
      t.run("printf '\\033[31m%s\\033[m 日本語\\n' one$((1 + 1))three")
      await t.shows(/^one2three 日本語$/m)
      await t.resize(100, 30)
      t.run("stty size")
      await t.shows(/^30 100$/m)
      t.type("C-\\")
      await t.shows(/^\[detached from dev\]$/m)
      expect((await client.sesh(["--history", "dev"])).out).toMatch(/^one2three 日本語$/m)
      t.fresh("sesh dev")
      await t.shows(/^30 100$/m)
      expect(await client.sesh(["--send", "dev", "echo sent$((3 + 4))", "--enter"])).toMatchObject({ code: 0, err: "" })
      await t.shows(/^sent7$/m)
      expect(await client.sesh(["--kill", "dev"])).toMatchObject({ code: 0, err: "[dev ended]\n" })
      await t.shows(/^\[dev ended\]$/m)
      await until(
        "the end of the daemon",
        () => ![...daemon.processes().values()].some((one) => one.includes("--daemon"))
      )
    }, PATIENCE)
  })
})
