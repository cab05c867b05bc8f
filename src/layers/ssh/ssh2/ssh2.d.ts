/** The part of the package `ssh2` that is used; the package has no types of its own. */
declare module "ssh2" {
  import type { EventEmitter } from "node:events"
  import type { Duplex, Readable } from "node:stream"

  export interface ParsedKey {
    readonly type: string
    readonly comment: string
    getPublicSSH(): Buffer
    isPrivateKey(): boolean
    /** `hash` is for RSA. */
    sign(data: Buffer, hash?: string): Buffer | Error
  }

  type Done<A> = (error: Error | null | undefined, result?: A) => void

  export class BaseAgent {
    getIdentities(done: Done<ReadonlyArray<ParsedKey>>): void
    sign(key: ParsedKey, data: Buffer, options: { readonly hash?: string }, done: Done<Buffer>): void
  }

  /** Talks to an ssh-agent behind a socket. */
  export class OpenSSHAgent extends BaseAgent {
    constructor(socketPath: string)
  }

  export type Auth =
    | { readonly type: "none"; readonly username: string }
    | { readonly type: "agent"; readonly username: string; readonly agent: BaseAgent }
    | { readonly type: "password"; readonly username: string; readonly password: string }
    | {
      readonly type: "keyboard-interactive"
      readonly username: string
      readonly prompt: (
        name: string,
        instructions: string,
        language: string,
        prompts: ReadonlyArray<{ readonly prompt: string; readonly echo: boolean }>,
        finish: (answers: ReadonlyArray<string>) => void
      ) => void
    }

  export interface Algorithms {
    readonly kex: ReadonlyArray<string>
    readonly serverHostKey: ReadonlyArray<string>
    readonly cipher: ReadonlyArray<string>
    readonly hmac: ReadonlyArray<string>
    readonly compress: ReadonlyArray<string>
  }

  export interface ConnectConfig {
    readonly sock: Duplex
    readonly username: string
    readonly ident?: string
    readonly readyTimeout: number
    readonly keepaliveInterval: number
    readonly keepaliveCountMax: number
    readonly algorithms: Algorithms
    readonly hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => void
    readonly authHandler: (
      methods: ReadonlyArray<string> | null,
      partial: boolean | null,
      next: (auth: Auth | false) => void
    ) => void
    readonly agent?: BaseAgent
    readonly strictVendor: boolean
  }

  /** Events: exit, end, close. `close` comes after the end was read. */
  export interface Channel extends Duplex {
    readonly stderr: Readable
    close(): void
  }

  /** Events: handshake, ready, error, close, `change password`. */
  export class Client extends EventEmitter {
    connect(config: ConnectConfig): this
    exec(command: string, options: { readonly agentForward: boolean }, done: Done<Channel>): this
    forwardOut(fromHost: string, fromPort: number, host: string, port: number, done: Done<Channel>): this
    openssh_forwardOutStreamLocal(path: string, done: Done<Channel>): this
    end(): this
  }

  export const utils: {
    readonly parseKey: (data: string | Buffer, passphrase?: string) => ParsedKey | ReadonlyArray<ParsedKey> | Error
  }
}
