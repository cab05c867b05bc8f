import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { type Sandbox, sandbox } from "../support/sandbox.ts"

const fixture = (name: string) => path.resolve(import.meta.dirname, "../fixtures", name)

const KB = 1024

const exec = (box: Sandbox, ...command: ReadonlyArray<string>) => box.sesh(["--exec", "job", "--", ...command])

const printed = (box: Sandbox, command: string) => box.sesh(["--exec", "job", "--print", "--", "sh", "-c", command])

/** Runs a line of a script. */
const shell = (box: Sandbox, line: string) => box.run("sh", ["-c", line])

describe("sesh --exec ends as its command does", () => {
  it.each([[0, "exit 0"], [1, "exit 1"], [42, "exit 42"], [137, "kill -9 $$"], [139, "kill -SEGV $$"]] as const)(
    "%i: %s",
    async (code, command) => {
      const box = sandbox()
      expect(await exec(box, "sh", "-c", command)).toMatchObject({ code, out: "", err: "" })
    }
  )

  it("126 and 127: what cannot be run, and what is not there", async () => {
    const box = sandbox()
    expect(await exec(box, "/etc/passwd")).toMatchObject({ code: 126, err: expect.stringContaining("not executable") })
    expect(await exec(box, box.home)).toMatchObject({ code: 126, err: expect.stringContaining("directory") })
    expect(await exec(box, "no-such-command")).toMatchObject({ code: 127 })
    expect(await exec(box, "/no/such/command")).toMatchObject({ code: 127 })
    expect(await box.sessions()).toEqual([])
  })

  it("125: a name that is taken, a directory that is not there", async () => {
    const box = sandbox()
    await box.sesh(["job", "-d"])
    const taken = await exec(box, "touch", "ran")
    expect(taken).toMatchObject({ code: 125, out: "", err: "sesh: a session named job is already there\n" })
    const nowhere = await box.sesh(["--exec", "other", "-C", "no/such", "--", "touch", "ran"])
    expect(nowhere).toMatchObject({ code: 125, out: "", err: expect.stringContaining("no/such") })
    expect(box.made()).not.toContain("ran")
  })

  it("of two at once exactly one runs", async () => {
    const box = sandbox()
    const script = "echo ran >> log; until [ -e over ]; do sleep 0.1; done; exit 7"
    const both = [1, 2].map(() => box.sesh(["--exec", "job", "--", "sh", "-c", script]))
    expect(await Promise.race(both)).toMatchObject({ code: 125 })
    writeFileSync(path.join(box.home, "over"), "")
    expect((await Promise.all(both)).map(({ code }) => code).toSorted()).toEqual([125, 7])
    expect(await box.file("log")).toBe("ran\n")
  })

  it("130, 143, 129: a signal to the caller ends the command", async () => {
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
      const box = sandbox()
      const running = box.start(["--exec", "job", "--", "sh", "-c", "echo > ready; exec sleep 1000"])
      await box.file("ready")
      running.child.kill(signal)
      expect(await running.result).toMatchObject({ code, signal: null, err: "" })
      expect([...box.processes().values()].filter((command) => command.startsWith("sleep"))).toEqual([])
    }
  })

  it("a command that goes on all the same is killed, at once when asked twice", async () => {
    const box = sandbox()
    const deaf = "trap 'echo > heard' INT; echo > ready; while :; do sleep 1; done"
    const running = box.start(["--exec", "job", "--", "sh", "-c", deaf])
    await box.file("ready")
    running.child.kill("SIGINT")
    await box.file("heard")
    expect(running.child.exitCode).toBeNull()
    running.child.kill("SIGINT")
    expect(await running.result).toMatchObject({ code: 137 })
  })

  it("a caller that is killed leaves its command running", async () => {
    const box = sandbox()
    const running = box.start(["--exec", "job", "--", "sh", "-c", "echo > ready; sleep 1000"])
    await box.file("ready")
    running.child.kill("SIGKILL")
    await running.result
    expect((await box.sessions()).map(({ name }) => name)).toEqual(["job"])
    expect((await box.sesh(["--kill", "job"])).code).toBe(0)
  })

  it("needs no standard input", async () => {
    const box = sandbox()
    expect(await shell(box, "sesh --exec job --print -- echo fine <&-")).toMatchObject({
      code: 0,
      out: "fine\n",
      err: ""
    })
  })
})

describe("the command", () => {
  it("gets its arguments as they are", async () => {
    const box = sandbox()
    const words = [
      "",
      " ",
      "two words",
      "it's",
      "\"quoted\"",
      "$HOME `x` $(y)",
      "a\nb",
      "tab\there",
      "*",
      "--keep",
      "é漢👍",
      ""
    ]
    const { code, out } = await box.sesh([
      ...["--exec", "job", "--print", "--", process.execPath, fixture("arguments.mjs")],
      ...words
    ])
    expect([code, JSON.parse(out)]).toEqual([0, words])
  })

  it("may have 10,000 of them", async () => {
    const box = sandbox()
    const words = Array.from({ length: 10_000 }, (_, index) => `argument ${index}`)
    const { code, out } = await box.sesh([
      ...["--exec", "job", "--print", "--", process.execPath, fixture("arguments.mjs")],
      ...words
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual(words)
  })

  it("may be longer than anything that is told of it", async () => {
    const box = sandbox()
    const words = Array.from({ length: 15 }, () => "\u0001".repeat(100_000))
    const script = "echo > started; until [ -e seen ]; do sleep 0.1; done; exit 5"
    const running = box.start(["--exec", "job", "--", "sh", "-c", script, "sh", ...words])
    await box.file("started")
    const [session] = await box.sessions()
    expect(session).toMatchObject({ name: "job" })
    expect(session).not.toHaveProperty("problem")
    writeFileSync(path.join(box.home, "seen"), "")
    expect((await running.result).code).toBe(5)
  })

  it("runs in the directory of -C, with the caller's environment", async () => {
    const box = sandbox({ GREETING: "hello\nworld" })
    const { out } = await box.sesh([
      ...["--exec", "job", "-C", "/", "--print", "--"],
      ...["sh", "-c", "pwd; echo \"$GREETING\"; echo $SESH_SESSION; tty >/dev/null && echo a terminal"]
    ])
    expect(out).toBe("/\nhello\nworld\njob\na terminal\n")
  })
})

describe("--print", () => {
  it("gives the output byte for byte, 256 KiB of it", async () => {
    const box = sandbox()
    const program = `${process.execPath} ${fixture("output.mjs")} ${256 * KB}`
    const { code } = await shell(box, `sesh --exec job --print -- ${program} > got; ${program} expected`)
    expect(code).toBe(0)
    const [got, expected] = ["got", "expected"].map((name) => readFileSync(path.join(box.home, name)))
    expect(got!.equals(expected!)).toBe(true)
  })

  it("says how much of it is not held any more", async () => {
    const box = sandbox()
    const { code, err, out } = await printed(box, "yes 1234567 | head -c 1600000; echo; echo the end")
    expect(code).toBe(0)
    expect(err).toMatch(/^sesh: the first \d+ bytes of the output are not held any more\n$/)
    expect(out.endsWith("\nthe end\n")).toBe(true)
    expect(out.length).toBeGreaterThan(256 * KB)
  })

  it("prints what came before a signal, and nothing for silence", async () => {
    const box = sandbox()
    expect(await printed(box, "printf partial; kill -9 $$")).toMatchObject({ code: 137, out: "partial", err: "" })
    expect(await printed(box, "true")).toMatchObject({ code: 0, out: "", err: "" })
  })
})
