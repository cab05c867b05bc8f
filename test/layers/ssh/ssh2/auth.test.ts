import { assert, describe, it } from "@effect/vitest"
import type { Auth, ParsedKey } from "ssh2"
import ssh2 from "ssh2"
import type { Ask } from "../../../../src/layers/ssh/ssh2/ask.ts"
import { authenticator, type Refusals } from "../../../../src/layers/ssh/ssh2/auth.ts"
import type { HostConfig } from "../../../../src/layers/ssh/ssh2/config/config.ts"

const configOf = (settings: Readonly<Record<string, string>>) => {
  const get = (keyword: string) => settings[keyword]
  const flag = (keyword: string, otherwise: boolean) =>
    settings[keyword] === undefined ? otherwise : get(keyword) === "yes"
  return { user: "me", hostname: "web", get, flag } as unknown as HostConfig
}

/** What is tried, in order, when every attempt is refused. */
const attempts = async (options: {
  readonly keys: number
  readonly methods: ReadonlyArray<string>
  readonly settings?: Readonly<Record<string, string>>
  readonly ask?: Ask
}) => {
  const refusals: Refusals = { methods: undefined }
  const signed: Array<string> = []
  const identity = {
    key: {} as ParsedKey,
    sign: (_data: Buffer, hash: string | undefined) => {
      signed.push(hash ?? "none")
      return Promise.resolve(Buffer.from("signature"))
    }
  }
  const next = authenticator({
    library: ssh2 as unknown as Parameters<typeof authenticator>[0]["library"],
    config: configOf(options.settings ?? {}),
    identities: () => Promise.resolve({ usable: Array.from({ length: options.keys }, () => identity), skipped: [] }),
    ask: options.ask,
    refusals
  })
  const tried: Array<Auth> = []
  for (;;) {
    const auth = await new Promise<Auth | false>(next)
    if (auth === false) return { tried, signed, types: tried.map(({ type }) => type) }
    tried.push(auth)
    assert.isBelow(tried.length, 50)
    refusals.methods = options.methods
  }
}

const ALL = ["publickey", "password", "keyboard-interactive"]

describe("authentication tries", () => {
  it("keys one by one, then questions, then a password: each that the host offers, three times", async () => {
    const ask = () => Promise.resolve("answer")
    const three = <A>(one: A) => [one, one, one]
    assert.deepStrictEqual((await attempts({ keys: 2, methods: ALL, ask })).types, [
      "agent",
      "agent",
      ...three("keyboard-interactive"),
      ...three("password")
    ])
    assert.deepStrictEqual((await attempts({ keys: 0, methods: ["password"], ask })).types, [
      "none",
      ...three("password")
    ])
  })

  it("keys only, where no questions may be asked; nothing again that the user did not answer", async () => {
    assert.deepStrictEqual((await attempts({ keys: 1, methods: ALL })).types, ["agent"])
    const ask = () => Promise.resolve(undefined)
    assert.deepStrictEqual((await attempts({ keys: 0, methods: ["password"], ask })).types, ["none"])
  })

  it("the methods of the configuration", async () => {
    const ask = () => Promise.resolve("answer")
    const types = async (settings: Readonly<Record<string, string>>) =>
      (await attempts({ keys: 1, methods: ALL, ask, settings })).types
    assert.deepStrictEqual(
      await types({ pubkeyauthentication: "no", kbdinteractiveauthentication: "no", numberofpasswordprompts: "1" }),
      [
        "none",
        "password"
      ]
    )
    assert.deepStrictEqual(await types({ preferredauthentications: "gssapi-with-mic,publickey" }), ["agent"])
  })

  it("no signature with SHA-1, whatever the host wants", async () => {
    const { signed, tried } = await attempts({ keys: 1, methods: [] })
    const [auth] = tried
    assert.strictEqual(auth?.type, "agent")
    const sign = (hash: string) =>
      new Promise<string>((resolve) => {
        if (auth?.type !== "agent") return resolve("no agent")
        return auth.agent.sign({} as ParsedKey, Buffer.from("data"), { hash }, (error, signature) =>
          resolve(error?.message ?? signature!.toString()))
      })
    assert.strictEqual(await sign("sha1"), "no signature with SHA-1")
    assert.strictEqual(await sign("sha512"), "signature")
    assert.deepStrictEqual(signed, ["sha512"])
  })
})
