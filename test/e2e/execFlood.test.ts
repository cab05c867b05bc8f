import { readFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { sandbox } from "../support/sandbox.ts"

/** How often (a minute and more of work in CI; `EXEC_RUNS` asks for another number). */
const RUNS = Number(process.env["EXEC_RUNS"] ?? (process.env["CI"] === "true" ? 500 : 150))

/** As many at a time as keep two cores busy. */
const AT_ONCE = 4

it(`ten thousand lines and an immediate end, ${RUNS} times: the last line is always there`, async () => {
  const box = sandbox()
  const line = "sesh --exec job-$1 --print -- sh -c \"seq 10000; echo the end of $1\" | tail -n 1"
  const all = `seq ${RUNS} | xargs -P ${AT_ONCE} -n 1 sh -c '${line}' sh > lines 2> errors`
  expect((await box.run("sh", ["-c", all])).code).toBe(0)
  expect(readFileSync(path.join(box.home, "errors"), "utf8")).toBe("")
  const lines = readFileSync(path.join(box.home, "lines"), "utf8").trim().split("\n")
  const wanted = Array.from({ length: RUNS }, (_, index) => `the end of ${index + 1}`)
  expect(lines.toSorted()).toEqual(wanted.toSorted())
  expect(await box.sessions()).toEqual([])
}, 480_000)
