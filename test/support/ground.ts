/** Where the hosts of a test are: machines with a network between them, played by this one. */

/** The way between the client and one host. What is done to it nobody is told of: packets are lost, or late. */
export interface Way {
  /** Nothing goes through any more. */
  readonly cut: () => void
  /** Nothing arrives on one side: `to` the host, or `from` it. */
  readonly blackhole: (direction: "to" | "from") => void
  /** At most so many kilobytes a second, in each direction. */
  readonly slow: (kbytesPerSecond: number) => void
  /** As it was in the beginning. */
  readonly heal: () => void
}

/** A machine. Everything that runs on it ends with it. */
export interface Machine {
  /** Runs a program there. */
  readonly prefix: () => ReadonlyArray<string>
  /**
   * The way to it, and the address and the port of its sshd, as the client has to call them, and as it listens itself.
   */
  readonly way: Way
  readonly address: string
  readonly port: number
  readonly listens: { readonly address: string; readonly port: number }
  /** What sshd has to put into the environment of those who log in. */
  readonly env: ReadonlyArray<string>
  /** Ends all that runs there, at once, as a power failure does. */
  readonly down: () => Promise<void>
  /** Is there again; nothing runs. */
  readonly up: () => Promise<void>
}

export interface Ground {
  /** Runs a program on the client. */
  readonly prefix: () => ReadonlyArray<string>
  readonly machine: (name: string, home: string) => Promise<Machine>
  readonly stop: () => Promise<void>
}
