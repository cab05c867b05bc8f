/**
 * Who may import whom: a folder of src (a room), and the rooms, single files and packages that it may use beside itself.
 * What is not named here is forbidden, so a new package or a new arrow is a line in this table. A room's line holds for
 * its subfolders, but for those that have a line of their own; `schema` in a line means that folder and all below it.
 *
 * `node:` stands for Node's modules and its `process`; `dlopen` for loading machine code.
 */
const CONTRACTS = ["effect", "schema", "services"]
const MACHINE = [...CONTRACTS, "node:", "layers/system"]

export const MAY_IMPORT = {
  "schema": ["effect"],
  "services": ["effect", "schema"],

  // A command sees services, never how they are done, and knows no platform.
  "commands": CONTRACTS,
  "commands/words": [...CONTRACTS, "fastest-levenshtein"],
  "commands/language": [...CONTRACTS, "commands/words"],
  "commands/completions": [...CONTRACTS, "commands/language"],
  "commands/hosts": [...CONTRACTS, "commands/language", "commands/words"],
  "commands/session": [...CONTRACTS, "commands/hosts", "commands/language", "commands/words"],
  "commands/scripts": [...CONTRACTS, "commands/hosts", "commands/language", "commands/session", "commands/words"],
  "commands/peer": CONTRACTS,
  "commands/run.ts": [...CONTRACTS, "commands"],
  "manual": ["effect", "schema", "commands/language"],

  // Without Node: these run on fakes alone.
  "layers/vt": CONTRACTS,
  "layers/daemon": CONTRACTS,
  "layers/scrollback": [...CONTRACTS, "layers/vt"],
  "layers/attach": [
    ...CONTRACTS,
    "layers/connection/handshake.ts",
    "layers/connection/inputSender.ts",
    "layers/connection/outbox.ts",
    "layers/vt"
  ],
  "layers/testing": [
    ...CONTRACTS,
    "layers/remote/caller.ts",
    "layers/scrollback",
    "layers/ssh/shared/bridgeChannel.ts",
    "layers/ssh/shared/collect.ts",
    "layers/ssh/shared/remoteCommand.ts",
    "layers/ssh/shared/socketPath.ts",
    "layers/vt"
  ],

  // The machine. One room alone knows the pseudo-terminal's addon, one knows xterm.js.
  "layers/system": [...CONTRACTS, "node:"],
  "layers/paths": MACHINE,
  "layers/console": [...MACHINE, "@effect/platform-node"],
  "layers/pty": [...MACHINE, "dlopen"],
  "layers/xterm": [...MACHINE, "@xterm/headless", "@xterm/addon-unicode-graphemes", "layers/vt"],
  "layers/connection": MACHINE,
  "layers/sessions": [...MACHINE, "layers/connection"],
  "layers/launcher": MACHINE,
  "layers/events": MACHINE,

  // Other machines. One room alone knows ssh2.
  "layers/ssh": MACHINE,
  "layers/ssh/SshTransportChosen.ts": [...MACHINE, "layers/ssh"],
  "layers/ssh/shared": MACHINE,
  "layers/ssh/openssh": [...MACHINE, "layers/ssh/shared"],
  "layers/ssh/ssh2": [...MACHINE, "layers/ssh/shared", "ssh2"],
  "layers/sync": [...MACHINE, "layers/ssh/shared"],
  "layers/deploy": MACHINE,
  "layers/remote": [
    ...MACHINE,
    "layers/attach",
    "layers/connection",
    "layers/events",
    "layers/sessions",
    "layers/ssh/shared"
  ],
  "layers/onDemand.ts": ["effect"],

  // Programs are composed of layers: files with a capital, no part of one, no fake.
  "main.ts": [...CONTRACTS, "node:", "commands/run.ts", "layers/onDemand.ts", "layers/*"],
  "daemon.ts": [
    ...CONTRACTS,
    "node:",
    "layers/*",
    "layers/launcher/channel.ts",
    "layers/launcher/daemonLog.ts",
    "layers/launcher/daemonSide.ts"
  ],
  "entry.ts": ["node:", "daemon.ts", "layers/launcher/channel.ts", "layers/pty/selfCheck.ts", "main.ts"],

  // What runs while the executable is built, to be quick later. Nobody imports it.
  "snapshot": ["effect", "node:", "schema", "services", "commands", "layers", "entry.ts"]
}

/** Rooms that only this table's own lines may name, never a wider one: no `layers/*` holds the fakes. */
export const FAKES = "layers/testing"
