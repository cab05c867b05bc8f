/** Who we are, told to a host: keys first, then what a person types. */
import type * as Ssh2 from "ssh2"
import type { Auth, BaseAgent } from "ssh2"
import { oneLine } from "../shared/sanitize.ts"
import type { Ask } from "./ask.ts"
import type { HostConfig } from "./config/config.ts"
import { type Identities, type Identity, TRIES } from "./identities.ts"

type Library = typeof Ssh2

/** Ways in, in the order that ssh has them. */
const METHODS = ["publickey", "keyboard-interactive", "password"]

/** Signatures with SHA-1, which a host without a list of its own would get from the library. */
const BROKEN_HASH = "sha1"

/** What the host said of our attempts. The library keeps it from its users, where an agent's key was refused. */
export interface Refusals {
  /** Undefined: nothing was refused yet. */
  methods: ReadonlyArray<string> | undefined
}

export interface AuthOptions {
  readonly library: Library
  readonly config: HostConfig
  readonly identities: () => Promise<Identities>
  /** Undefined: nobody may be asked. */
  readonly ask: Ask | undefined
  readonly refusals: Refusals
}

/** One key as an agent that has no other: so each refusal comes back here, and signing may take its time. */
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

/** What the library asks for after each refusal; gives what to try next. */
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
  const most = Number(config.get("numberofpasswordprompts") ?? TRIES)
  const tries: Record<string, number> = { password: 0, "keyboard-interactive": 0 }
  let keys: Array<Identity> | undefined

  const nextKey = async (): Promise<Auth | undefined> => {
    keys ??= [...(await identities()).usable]
    const key = keys.shift()
    return key === undefined ? undefined : { type: "agent", username, agent: agentOf(library, key) }
  }

  const place = `${oneLine(username)}@${oneLine(config.hostname)}`

  const nextPassword = async (): Promise<Auth | undefined> => {
    if (ask === undefined || tries["password"]!++ >= most) return undefined
    const password = await ask(`${place}'s password: `, false)
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
          const answer = await ask(`${before}(${place}) ${oneLine(prompt)} `, echo)
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
      // Which ways there are, a host says when it refuses one.
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
