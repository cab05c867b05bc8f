/** Authentication: keys first, then what the user types. */
import type * as Ssh2 from "ssh2"
import type { Auth, BaseAgent } from "ssh2"
import { oneLine } from "../shared/sanitize.ts"
import type { Ask } from "./ask.ts"
import type { HostConfig } from "./config/config.ts"
import { type Identities, type Identity, MAX_TRIES } from "./identities.ts"

type Library = typeof Ssh2

/** Methods, in ssh's order. */
const METHODS = ["publickey", "keyboard-interactive", "password"]

/** SHA-1 signatures, which the library would give a host that lists no others. */
const BROKEN_HASH = "sha1"

/** What the host replied to our attempts. The library does not report it when the host refuses an agent's key. */
export interface Refusals {
  /** Undefined: nothing was refused yet. */
  methods: ReadonlyArray<string> | undefined
}

export interface AuthOptions {
  readonly library: Library
  readonly config: HostConfig
  readonly identities: () => Promise<Identities>
  /** Undefined: no questions may be asked. */
  readonly ask: Ask | undefined
  readonly refusals: Refusals
}

/** Wraps one key as an agent with no other key: each refusal then comes back here, and signing may be slow. */
const agentOf = (library: Library, identity: Identity): BaseAgent => {
  const agent = new library.BaseAgent()
  agent.getIdentities = (tell) => tell(null, [identity.key])
  agent.sign = (_key, data, { hash }, tell) => {
    if (hash === BROKEN_HASH) return tell(new Error("no signature with SHA-1"))
    identity.sign(data, hash).then((signature) => tell(null, signature), (error: Error) => tell(error))
    return undefined
  }
  return agent
}

/** The library calls this after each refusal, for the method to try next. */
export const authenticator = ({ ask, config, identities, library, refusals }: AuthOptions) => {
  const { user: username } = config
  const isOn: Readonly<Record<string, boolean>> = {
    publickey: config.get("pubkeyauthentication")?.toLowerCase() !== "no",
    "keyboard-interactive": config.flag(
      "kbdinteractiveauthentication",
      config.flag("challengeresponseauthentication", true)
    ),
    password: config.flag("passwordauthentication", true)
  }
  const preferred = config.get("preferredauthentications")?.split(",") ?? METHODS
  const order = preferred.filter((method) => METHODS.includes(method) && isOn[method] === true)
  const most = Number(config.get("numberofpasswordprompts") ?? MAX_TRIES)
  const tries: Record<string, number> = { password: 0, "keyboard-interactive": 0 }
  let keys: Array<Identity> | undefined

  const nextKey = async (): Promise<Auth | undefined> => {
    keys ??= [...(await identities()).usable]
    const key = keys.shift()
    return key === undefined ? undefined : { type: "agent", username, agent: agentOf(library, key) }
  }

  const login = `${oneLine(username)}@${oneLine(config.hostname)}`

  const nextPassword = async (): Promise<Auth | undefined> => {
    if (ask === undefined || tries["password"]!++ >= most) return undefined
    const password = await ask(`${login}'s password: `, false)
    if (password !== undefined) return { type: "password", username, password }
    tries["password"] = most
    return undefined
  }

  const nextDialogue = (): Auth | undefined => {
    if (ask === undefined || tries["keyboard-interactive"]!++ >= most) return undefined
    return {
      type: "keyboard-interactive",
      username,
      prompt: async (name, instructions, _language, prompts, finish) => {
        const answers: Array<string> = []
        let before = [name, instructions].map(oneLine).filter((line) => line !== "").map((line) => `${line}\n`).join("")
        for (const { echo, prompt } of prompts) {
          const answer = await ask(`${before}(${login}) ${oneLine(prompt)} `, echo)
          if (answer === undefined) tries["keyboard-interactive"] = most
          answers.push(answer ?? "")
          before = ""
        }
        finish(answers)
      }
    }
  }

  const next = async (): Promise<Auth | false> => {
    const { methods } = refusals
    if (methods === undefined) {
      // A host lists its methods only when it refuses one.
      const key = order[0] === "publickey" ? await nextKey() : undefined
      return key ?? { type: "none", username }
    }
    for (const method of order) {
      if (!methods.includes(method)) continue
      const auth = method === "publickey"
        ? await nextKey()
        : method === "password"
        ? await nextPassword()
        : nextDialogue()
      if (auth !== undefined) return auth
    }
    return false
  }

  return (tell: (auth: Auth | false) => void): void => void next().then(tell, () => tell(false))
}
