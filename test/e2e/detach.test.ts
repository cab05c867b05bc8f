import { expect, it } from "vitest"
import { describeWith } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"

/** Types a key report in two pieces. Pieces that come far from each other are not one key: then once more. */
const detachesBy = async (t: Terminal, first: ReadonlyArray<string>, second: ReadonlyArray<string>) => {
  for (let attempt = 1; attempt <= 5; attempt++) {
    t.split(first, second)
    const gone = await until("the key does something", () => {
      const screen = t.screen()
      if (screen.endsWith("\n[detached from dev]\n%")) return { detached: true }
      // What does not detach is typed, and shown by cat's terminal.
      return screen.split("^[[").length > attempt && { detached: false }
    }, t.screen)
    if (gone.detached) return
  }
  throw new Error(`not detached:\n${t.screen()}`)
}

const inCat = async (t: Terminal, command = "sesh dev") => {
  t.run(command)
  await t.prompt("$")
  // What is typed while bash still edits lines would not be a line for cat.
  t.run("echo begin; cat")
  await t.shows(/^begin$/m)
  t.run("here")
  await t.shows(/^here\nhere$/m)
}

describeWith(["tmux"], "Ctrl-\\", () => {
  it("detaches as a kitty keyboard report, split over two reads", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev -- cat")
    await box.clients("dev", 1)
    t.run("here")
    await t.shows(/^here\nhere$/m)
    // CSI 92;5u, and with Caps Lock (bit 64) and the event type.
    await detachesBy(t, ["1b", "5b", "39"], ["32", "3b", "35", "75"])
    t.run("sesh dev")
    await t.shows(/^here\nhere$/m)
    await box.clients("dev", 1)
    await detachesBy(t, ["1b"], ["5b", "39", "32", "3b", "36", "39", "3a", "31", "75"])
  })

  it("detaches as a modifyOtherKeys report, split over two reads", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev -- cat")
    await box.clients("dev", 1)
    t.run("here")
    await t.shows(/^here\nhere$/m)
    // CSI 27;5;92~
    await detachesBy(t, ["1b", "5b", "32", "37", "3b", "35", "3b"], ["39", "32", "7e"])
  })

  it("belongs to the session when another key detaches", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await inCat(t, "SESH_DETACH_KEY=^q sesh dev")
    t.type("C-\\")
    // The terminal's quit key ended cat.
    await t.shows(/^\^\\Quit.*\n\$$/m)
    t.paste("still he")
    await t.shows("$ still he")
    t.type("C-q")
    await t.shows(/^\[detached from dev\]\n%$/m)
  })

  it("belongs to the session when no key detaches", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await inCat(t, "SESH_DETACH_KEY=none sesh dev")
    t.type("C-\\")
    await t.shows(/^\^\\Quit.*\n\$$/m)
    const other = await box.sesh(["--detach", "dev"])
    expect(other).toMatchObject({ code: 0, out: "", err: "[1 client of dev detached]\n" })
    await t.shows(/^\[detached from dev\]\n%$/m)
  })

  it("is not replaced by what is no key: that is said, and nothing is made", async () => {
    const box = sandbox()
    for (const key of ["q", "^", "^^", "^i", "ctrl-q", ""]) {
      const { code, err, out } = await box.sesh(["dev"], { env: { ...box.env, SESH_DETACH_KEY: key } })
      expect([key, code, out]).toEqual([key, 1, ""])
      expect(err).toMatch(/^sesh: SESH_DETACH_KEY is ".*": write \^ and a letter .*\n$/)
    }
    expect((await box.sesh(["--names"])).out).toBe("")
  })

  it("an escape key alone and arrow keys arrive at once or whole", async () => {
    const box = sandbox()
    const t = await terminal(box)
    await inCat(t)
    t.type("Escape")
    await t.shows(/^here\n\^\[$/m)
    t.type("Up")
    await t.shows(/^\^\[\^\[(\[|O)A$/m)
  })
})

describeWith(["tmux"], "--detach", () => {
  it("lets the terminal go from inside", async () => {
    const box = sandbox()
    const t = await terminal(box)
    t.run("sesh dev")
    await t.prompt("$")
    t.run("sesh --detach")
    await t.shows(/^\[detached from dev\]\n%$/m)
    expect(await t.status()).toBe(0)
    await box.clients("dev", 0)
    t.run("sesh dev")
    await t.shows(/^\[1 client of dev detached\]\n\$$/m)
  })

  it("lets every terminal go from outside", async () => {
    const box = sandbox()
    const [one, two, three] = [await terminal(box), await terminal(box), await terminal(box)]
    for (const [t, args] of [[one, "dev"], [two, "dev"], [three, "--watch dev"]] as const) {
      t.run(`sesh ${args}`)
      await t.prompt("$")
    }
    expect(await box.sesh(["--detach", "dev"])).toMatchObject({
      code: 0,
      out: "",
      err: "[3 clients of dev detached]\n"
    })
    for (const t of [one, two, three]) await t.shows(/^\[detached from dev\]\n%$/m)
    expect(await box.sesh(["--detach", "dev"])).toMatchObject({ code: 0, err: "[0 clients of dev detached]\n" })
  })

  it("says what it is missing: a session around it, or one of that name", async () => {
    const box = sandbox()
    expect(await box.sesh(["--detach"])).toEqual({
      code: 2,
      signal: null,
      out: "",
      err: "sesh: this is not a session: say which one to detach\nusage: sesh --detach [name]\n"
    })
    expect(await box.sesh(["--detach", "dev"])).toMatchObject({ code: 1, err: "sesh: no session named dev\n" })
    expect(box.made()).toEqual([])
  })
})
