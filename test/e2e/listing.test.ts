import { describe, expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"
import { terminal } from "../support/terminal.ts"

/** Where each word of a line begins. */
const columns = (line: string) => [...line.matchAll(/(?<=^|\s\s)\S/g)].map(({ index }) => index)

describeWith(["tmux"], "the listing on a terminal", () => {
  it("is a table with a heading: name, clients, age, directory, what runs", async () => {
    const box = sandbox()
    await box.sesh(["a", "-d", "/"])
    await box.sesh(["a-longer-name", "-d", "--", "sleep", "600"])
    const [t, other] = [await terminal(box), await terminal(box)]
    other.run("sesh a")
    await other.prompt("$")
    t.run("sesh")
    const screen = await t.shows(/^a-longer-name .*\n%$/m)
    const [heading, first, second] = screen.split("\n").slice(1)
    expect(heading).toMatch(/^NAME +CLIENTS +AGE +DIRECTORY +RUNNING$/)
    expect(first).toMatch(/^a +1 +\d+\w +\/ +\/bin\/bash$/)
    expect(second).toMatch(/^a-longer-name +0 +\d+\w +~ +sleep 600$/)
    expect(columns(first!)).toEqual(columns(heading!))
    expect(columns(second!)).toEqual(columns(heading!))
  })

  it("says how to begin when there is nothing yet, and makes nothing", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh")
    await t.shows(/^No sessions\. Start one: sesh <name>\n%$/m)
    expect(box.made()).toEqual([])
  })

  it("shows what runs in the foreground now", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("echo begin; cat")
    await t.shows(/^begin$/m)
    t.run("here")
    await t.shows(/^here\nhere$/m)
    t.type("C-\\")
    await t.prompt()
    t.run("sesh")
    await t.shows(/^dev .* cat$/m)
  })
})

describe("the listing on a pipe", () => {
  it("that cannot be written is a failure, like any other answer; a reader that stops early is not a failure", async () => {
    const box = sandbox()
    await box.sesh(["dev", "-d"])
    for (const what of ["", "--json", "--names", "--help", "--version"]) {
      const { result } = box.start(["run", "--", "sh", "-c", `sesh ${what} | true; sesh ${what} > /dev/full`])
      expect(await result).toMatchObject({
        code: 1,
        out: "sesh: cannot write to standard output: no space left on device\r\n"
      })
    }
  })

  it("is bare: no heading, no colour, nothing at all when there is nothing", async () => {
    const box = sandbox()
    expect(await box.sesh([])).toEqual({ code: 0, signal: null, out: "", err: "" })
    await box.sesh(["b", "-d"])
    await box.sesh(["a", "-d", "/"])
    const { code, err, out } = await box.sesh([])
    expect([code, err]).toEqual([0, ""])
    expect(out).toMatch(/^a {2}0 {2}\d+\w {2}\/ {2}\/bin\/bash\nb {2}0 {2}\d+\w {2}~ {2}\/bin\/bash\n$/)
  })

  it("is JSON for programs", async () => {
    const box = sandbox()
    expect(await box.sesh(["--json"])).toMatchObject({ code: 0, out: "{\"version\":1,\"sessions\":[]}\n", err: "" })
    await box.sesh(["dev", "-d", "--", "sleep", "600"])
    const listing = JSON.parse((await box.sesh(["--json"])).out)
    expect(listing).toMatchObject({
      version: 1,
      sessions: [{
        name: "dev",
        info: {
          name: "dev",
          dir: box.home,
          command: ["sleep", "600"],
          size: { cols: 80, rows: 24 },
          clients: [],
          foreground: "sleep 600"
        }
      }]
    })
    expect(listing.sessions[0].info.created).toBeLessThanOrEqual(Date.now())
  })

  it("is names alone for completion", async () => {
    const box = sandbox()
    expect(await box.sesh(["--names"])).toMatchObject({ code: 0, out: "", err: "" })
    for (const name of ["b.2", "a-1", "C_3"]) await box.sesh([name, "-d"])
    const { out } = await box.sesh(["--names"])
    expect(out.split("\n").toSorted()).toEqual(["", "C_3", "a-1", "b.2"])
  })

  it("comes within the time of one that does not answer, and says so", async () => {
    const box = sandbox()
    await box.sesh(["well", "-d"])
    await box.sesh(["stuck", "-d"])
    const daemon = await box.daemon("stuck")
    process.kill(daemon, "SIGSTOP")
    const { code, out } = await box.sesh([])
    expect(code).toBe(0)
    expect(out).toMatch(/^stuck .* \(no answer in 1 s\)\nwell .* \/bin\/bash\n$/)
    process.kill(daemon, "SIGCONT")
    expect((await box.sesh([])).out).toMatch(/^stuck .* \/bin\/bash\nwell .* \/bin\/bash\n$/)
  })
})
