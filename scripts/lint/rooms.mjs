/**
 * Who may import whom: a folder of src (a room), and the rooms, single files and packages that it may use beside
 * itself. What is not named here is forbidden, so a new package or a new arrow is a line in this table. A room's line
 * holds for its subfolders, but for those that have a line of their own; `schema` in a line means that folder and all
 * below it.
 *
 * `node:` stands for Node's modules and its `process`; `dlopen` for loading machine code.
 */
const CONTRACTS = ["effect", "schema", "services"]
const MACHINE = [...CONTRACTS, "node:", "layers/system"]

export const ROOMS = {
  "schema": {
    is: "Data, the parsers of what people and programs write, and pure functions on them.",
    may: ["effect"]
  },
  "schema/protocol": {
    is: "What goes over a wire: client and daemon, and one sesh asking another.",
    may: ["effect", "schema"]
  },
  "services": {
    is: "The table of contents: every capability as a contract, with its errors.",
    may: ["effect", "schema"]
  },

  // A command sees services, never how they are done, and knows no platform.
  "commands": {
    is: "From a command line to an exit status: `run.ts`.",
    may: CONTRACTS
  },
  "commands/words": {
    is: "How commands speak to people: failures in a line, tables, ages, names that were meant.",
    may: [...CONTRACTS, "fastest-levenshtein"]
  },
  "commands/language": {
    is: "The command line as a language: what a verb is, argv to a request, help.",
    may: [...CONTRACTS, "commands/words"]
  },
  "commands/completions": {
    is: "Scripts by which shells complete sesh.",
    may: [...CONTRACTS, "commands/language"]
  },
  "commands/hosts": {
    is: "Everything with an @: finding a session's host, running a verb there, putting sesh and files there.",
    may: [...CONTRACTS, "commands/language", "commands/words"]
  },
  "commands/session": {
    is: "Verbs about sessions, for people: list, open, watch, detach, kill.",
    may: [...CONTRACTS, "commands/hosts", "commands/language", "commands/words"]
  },
  "commands/scripts": {
    is: "Verbs for scripts: exec, history, send, wait, export, import.",
    may: [...CONTRACTS, "commands/hosts", "commands/language", "commands/session", "commands/words"]
  },
  "commands/peer": {
    is: "Hidden verbs that another sesh runs over ssh: serve and bridge.",
    may: [...CONTRACTS, "commands/language"]
  },
  "commands/verbs.ts": { may: ["commands"] },
  "commands/run.ts": { may: [...CONTRACTS, "commands"] },
  "manual": {
    is: "sesh(1). Not in the executable.",
    may: ["effect", "schema", "commands/language"]
  },

  // Without Node: these run on fakes alone.
  "layers/vt": {
    is: "The language of terminals, on bytes alone: sequences, modes, queries and their answers.",
    may: CONTRACTS
  },
  "layers/daemon": {
    is: "The daemon: one program, its scrollback, any number of clients.",
    may: [...CONTRACTS, "layers/system/monotonic.ts"]
  },
  "layers/scrollback": {
    is: "What a session has shown: raw bytes, the backlog of the model, what of a flood need not be parsed.",
    may: [...CONTRACTS, "layers/vt"]
  },
  "layers/attach": {
    is: "The client: a session on the user's terminal, over one connection after the other.",
    may: [
      ...CONTRACTS,
      "layers/connection/agent.ts",
      "layers/connection/closable.ts",
      "layers/connection/handshake.ts",
      "layers/connection/inputSender.ts",
      "layers/connection/outbox.ts",
      "layers/connection/reconnect.ts",
      "layers/connection/silent.ts",
      "layers/system/monotonic.ts",
      "layers/vt"
    ]
  },
  "layers/testing": {
    is: "Every service without the machine: one fake a contract; and a whole sesh on them.",
    may: [
      ...CONTRACTS,
      "layers/attach",
      "layers/daemon",
      "layers/remote/caller.ts",
      "layers/remote/ends.ts",
      "layers/scrollback",
      "layers/sessions/SessionControlLive.ts",
      "layers/sessions/SurroundingsLive.ts",
      "layers/sessions/requests.ts",
      "layers/ssh/shared/bridgeChannel.ts",
      "layers/ssh/shared/collect.ts",
      "layers/ssh/shared/remoteCommand.ts",
      "layers/ssh/shared/socketPath.ts",
      "layers/ssh/shared/waiting.ts",
      "layers/vt"
    ]
  },

  // The machine. One room alone knows the pseudo-terminal's addon, one knows xterm.js.
  "layers/system": {
    is: "The ground floor: small things that several rooms need of the machine.",
    may: [...CONTRACTS, "node:", "dlopen"]
  },
  "layers/paths": {
    is: "Where things are, and the lock that creators and reapers take.",
    may: MACHINE
  },
  "layers/console": {
    is: "The process and the person before it: standard input and output, prompt, progress, raw terminal, signals.",
    may: [...MACHINE, "@effect/platform-node"]
  },
  "layers/pty": {
    is: "Programs on pseudo-terminals, by the C library or node-pty's addon.",
    may: [...MACHINE, "dlopen"]
  },
  "layers/xterm": {
    is: "xterm.js as the terminal model, and our way of writing its screen out.",
    may: [...MACHINE, "@xterm/headless", "@xterm/addon-unicode-graphemes", "layers/vt"]
  },
  "layers/connection": {
    is: "Frames over whatever carries bytes, and the client's half of the protocol.",
    may: MACHINE
  },
  "layers/sessions": {
    is: "The sessions of a machine, from outside: listing, asking, scripting, the files beside their sockets.",
    may: [...MACHINE, "layers/connection"]
  },
  "layers/launcher": {
    is: "Starting a daemon, from both sides.",
    may: MACHINE
  },
  "layers/events": {
    is: "The event log, and the services that write to it.",
    may: MACHINE
  },

  // Other machines. One room alone knows ssh2.
  "layers/ssh": {
    is: "Ways to other hosts: the choice between the two transports.",
    may: MACHINE
  },
  "layers/ssh/SshTransportChosen.ts": { may: [...MACHINE, "layers/ssh"] },
  "layers/ssh/shared": {
    is:
      "What does not depend on the transport: quoting, programs and channels, connecting without asking too much of an sshd.",
    may: MACHINE
  },
  "layers/ssh/openssh": {
    is: "OpenSSH's ssh, through a ControlMaster of our own.",
    may: [...MACHINE, "layers/ssh/shared"]
  },
  "layers/ssh/ssh2": {
    is: "The package ssh2, in this process; `config` reads ssh_config(5).",
    may: [...MACHINE, "layers/ssh/shared", "ssh2"]
  },
  "layers/sync": {
    is: "The user's files on hosts: has anything changed, who copies, what is remembered.",
    may: [...MACHINE, "layers/ssh/shared"]
  },
  "layers/packages": {
    is: "npm's registry, as npm is configured for it here, without npm.",
    may: MACHINE
  },
  "layers/deploy": {
    is: "sesh put on a host.",
    may: [...MACHINE, "modern-tar"]
  },
  "layers/remote": {
    is: "The services of another host, over ssh; what is remembered of hosts.",
    may: [
      ...MACHINE,
      "layers/attach",
      "layers/connection",
      "layers/events",
      "layers/sessions",
      "layers/ssh/shared"
    ]
  },
  "layers/onDemand.ts": { may: ["effect"] },

  // Programs are composed of layers: files with a capital, no part of one, no fake.
  "main.ts": {
    may: [
      ...CONTRACTS,
      "node:",
      "commands/run.ts",
      "layers/onDemand.ts",
      "layers/*",
      "layers/system/endProcess.ts",
      "layers/system/openFile.ts"
    ]
  },
  "daemon.ts": {
    may: [
      ...CONTRACTS,
      "node:",
      "layers/*",
      "layers/launcher/channel.ts",
      "layers/launcher/daemonLog.ts",
      "layers/launcher/daemonSide.ts",
      "layers/system/processEvents.ts"
    ]
  },
  "entry.ts": { may: ["node:", "daemon.ts", "layers/launcher/channel.ts", "layers/pty/selfCheck.ts", "main.ts"] },

  // What runs while the executable is built, to be quick later. Nobody imports it.
  "snapshot": {
    is: "What runs while the executable is built, to be quick later. Nobody imports it.",
    may: ["effect", "node:", "schema", "services", "commands", "layers", "entry.ts"]
  }
}

/** Rooms that only this table's own lines may name, never a wider one: no `layers/*` holds the fakes. */
export const FAKES = "layers/testing"
