/** As much of the package's server as the tests use. */
declare module "ssh2" {
  export interface AuthContext {
    readonly method: string
    readonly username: string
    readonly password: string
    accept(): void
    reject(methods?: ReadonlyArray<string>, isPartialSuccess?: boolean): void
    prompt(
      prompts: ReadonlyArray<{ readonly prompt: string; readonly echo: boolean }>,
      title: string,
      instructions: string,
      done: (answers: ReadonlyArray<string>) => void
    ): void
    on(event: "abort", run: () => void): void
  }

  export interface ServerChannel {
    readonly stderr: { write(text: string): void }
    write(text: string | Buffer): void
    exit(code: number): void
    end(): void
    close(): void
  }

  export interface ServerSession {
    on(
      event: "exec",
      run: (accept: () => ServerChannel, reject: () => void, info: { readonly command: string }) => void
    ): this
  }

  export interface ServerConnection {
    on(event: "authentication", run: (context: AuthContext) => void): this
    on(event: "session", run: (accept: () => ServerSession) => void): this
    on(event: "error" | "ready" | "close", run: () => void): this
    end(): void
  }

  export class Server {
    constructor(
      config: {
        readonly hostKeys: ReadonlyArray<Buffer>
        readonly algorithms?: Readonly<Record<string, ReadonlyArray<string>>>
      },
      onConnection: (connection: ServerConnection) => void
    )
    listen(port: number, host: string, done: () => void): void
    address(): { readonly port: number }
    close(done?: () => void): void
  }
}
