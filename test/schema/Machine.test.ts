import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Machine, type Whereabouts, whereabouts } from "../../src/schema/Machine.ts"
import { SessionDescription, SessionInfo } from "../../src/schema/Session.ts"

const here: Machine = { name: "node1", boot: "b1", id: "i1", pids: "pid:[1]" }

describe("whereabouts", () => {
  it.each<readonly [what: string, theirs: Machine, Whereabouts]>([
    ["the same machine", here, "here"],
    ["its name has changed meanwhile", { ...here, name: "dhcp-7" }, "here"],
    ["it was started again", { ...here, boot: "b2" }, "restarted"],
    ["another machine", { name: "node2", boot: "b2", id: "i2", pids: "pid:[1]" }, "elsewhere"],
    ["a clone, with the same id", { ...here, name: "node2", boot: "b2" }, "elsewhere"],
    ["another installation of the same name", { ...here, boot: "b2", id: "i2" }, "elsewhere"],
    ["a container on this machine", { ...here, name: "c0ffee", pids: "pid:[2]" }, "elsewhere"],
    ["this container before it was started again", { ...here, pids: "pid:[2]" }, "restarted"],
    ["a system that tells nothing but its name", { name: "node1" }, "here"],
    ["such a system of another name", { name: "node2" }, "elsewhere"],
    ["without an installation's id", { name: "node1", boot: "b2" }, "restarted"]
  ])("%s", (_, theirs, expected) => {
    assert.strictEqual(whereabouts(here, theirs), expected)
  })
})

/** What a session's file holds, byte for byte: sessions outlive upgrades, and machines that share it differ. */
const GOLDEN = {
  /** Before a description had the process. */
  old:
    `{"name":"dev","id":"id1","dir":"/home/me","pid":71,"size":{"cols":80,"rows":24},"created":1,"active":2,"clients":[]}`,
  now:
    `{"name":"dev","id":"id1","dir":"/home/me","pid":71,"size":{"cols":80,"rows":24},"created":1,"active":2,"clients":[],` +
    `"daemon":{"machine":{"name":"node1","boot":"b1","id":"i1","pids":"pid:[1]"},"pid":70,"start":"4711"}}`
}

describe("a session's description", () => {
  const text = Schema.fromJsonString(SessionDescription)
  const decode = Schema.decodeUnknownOption(text)

  it("is written and read as it was", () => {
    const described = Option.getOrThrow(decode(GOLDEN.now))
    assert.deepStrictEqual(described.daemon, { machine: here, pid: 70, start: "4711" })
    assert.strictEqual(Schema.encodeSync(text)(described), GOLDEN.now)
  })

  it("of an older sesh has no process", () => {
    assert.isUndefined(Option.getOrThrow(decode(GOLDEN.old)).daemon)
  })

  it("is what an older sesh can read, and newer ones may add to it", () => {
    const older = Schema.decodeUnknownOption(Schema.fromJsonString(SessionInfo))
    assert.deepStrictEqual(older(GOLDEN.now), older(GOLDEN.old))
    assert.isTrue(Option.isSome(decode(GOLDEN.now.replace(`"boot"`, `"later":[1],"boot"`))))
  })

  it("does not name the processes that every signal would go to", () => {
    for (const pid of [-1, 0, 1]) assert.isTrue(Option.isNone(decode(GOLDEN.now.replace(`"pid":70`, `"pid":${pid}`))))
  })
})
