/**
 * Starts a program on a new terminal, with functions of the C library: all of it is bytes, the terminal is as it should
 * be before the program sees it, and the program gets the caller's signals. Linux only.
 */
import * as fs from "node:fs"
import { constants } from "node:os"
import { getSystemErrorMap } from "node:util"
import { toBytes } from "../../schema/ByteString.ts"
import type { ExitStatus, SignalSets, Size } from "../../schema/Session.ts"
import type { PtySpec } from "../../services/Pty.ts"
import { cString, CStrings, type Functions, functionsOf } from "../system/libc.ts"
import { listen } from "../system/processEvents.ts"

const [I32, U64, POINTER] = ["i32", "u64", "pointer"] as const

const DEFINITIONS = {
  chdir: { return: I32, arguments: [POINTER] },
  ioctl: { return: I32, arguments: [I32, U64, POINTER] },
  posix_spawn: { return: I32, arguments: [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER] },
  posix_spawn_file_actions_init: { return: I32, arguments: [POINTER] },
  posix_spawn_file_actions_addopen: { return: I32, arguments: [POINTER, I32, POINTER, I32, "u32"] },
  posix_spawn_file_actions_adddup2: { return: I32, arguments: [POINTER, I32, I32] },
  posix_spawn_file_actions_destroy: { return: I32, arguments: [POINTER] },
  posix_spawnattr_init: { return: I32, arguments: [POINTER] },
  posix_spawnattr_setflags: { return: I32, arguments: [POINTER, "i16"] },
  posix_spawnattr_setsigdefault: { return: I32, arguments: [POINTER, POINTER] },
  posix_spawnattr_setsigmask: { return: I32, arguments: [POINTER, POINTER] },
  posix_spawnattr_destroy: { return: I32, arguments: [POINTER] },
  ptsname_r: { return: I32, arguments: [I32, POINTER, U64] },
  sigaction: { return: I32, arguments: [I32, POINTER, POINTER] },
  tcgetattr: { return: I32, arguments: [I32, POINTER] },
  tcsetattr: { return: I32, arguments: [I32, I32, POINTER] },
  unlockpt: { return: I32, arguments: [I32] },
  waitpid: { return: I32, arguments: [I32, POINTER, I32] }
} as const

type Libc = Functions<typeof DEFINITIONS>

let loaded: Libc | undefined

/** Undefined where programs are started through node-pty's addon. */
export const libc = (): Libc | undefined => loaded ??= functionsOf(DEFINITIONS)

/** Room for each of the structures: the largest is posix_spawnattr_t, 336 bytes. */
const STRUCT_BYTES = 512

/** sigset_t, of which the kernel has the first eight bytes. */
const SIGSET_BYTES = 128
const SIGNALS = 64

/** spawn.h: POSIX_SPAWN_SETSIGDEF, _SETSIGMASK and _SETSID. */
const FLAGS = 0x04 | 0x08 | 0x80

/** asm-generic/ioctls.h */
const TIOCSWINSZ = 0x5414n

/** struct termios (bits/termios-struct.h): four words of flags, the line discipline, the characters, the speeds. */
const TERMIOS_BYTES = 60
/** Without the numbers among them, VTIME (5) and VMIN (6), which are for programs in raw mode. */
const CHARACTERS = [{ from: 17, to: 22 }, { from: 24, to: 49 }]

/** Flags in words 0 (input) and 3 (local). */
const IUTF8 = 0o40000
const ICANON = 0o2

/**
 * Flags in word 3 that are a state, not a setting: EXTPROC (telnetd does echo and lines for the terminal), FLUSHO (its
 * output is being dropped), PENDIN.
 */
const STATES = 0o200000 | 0o10000 | 0o40000

/** The flags of a terminal that nobody has changed, as node-pty and openpty(3)'s other users set them. */
const FLAG_WORDS = [
  0o2 | 0o400 | 0o2000 | 0o4000 | 0o20000, // BRKINT ICRNL IXON IXANY IMAXBEL
  0o1 | 0o4, //                               OPOST ONLCR
  0o60 | 0o200 | 0o2000 | 0o17, //            CS8 CREAD HUPCL B38400
  0o1 | 0o2 | 0o10 | 0o20 | 0o40 | 0o1000 | 0o4000 | 0o100000 // ISIG ICANON ECHO ECHOE ECHOK ECHOCTL ECHOKE IEXTEN
]

/**
 * The modes of a terminal on which no program has been. `given` are those of the caller's terminal. In raw mode another
 * program has it, and will undo that there, but nobody would here: then only the characters are the caller's.
 */
const modesFor = (functions: Libc, fd: number, given: Buffer | undefined): Buffer => {
  const modes = Buffer.alloc(TERMIOS_BYTES)
  functions.tcgetattr(fd, modes)
  const isUsable = given !== undefined && given.length === TERMIOS_BYTES
  if (isUsable && (given.readUInt32LE(12) & ICANON) !== 0) {
    given.copy(modes)
    modes.writeUInt32LE((given.readUInt32LE(12) & ~STATES) >>> 0, 12)
  } else {
    for (const [word, flags] of FLAG_WORDS.entries()) modes.writeUInt32LE(flags, word * 4)
    if (isUsable) { for (const { from, to } of CHARACTERS) given.copy(modes, from, from, to) }
  }
  // Its input is UTF-8, as all text is: the line editor of the terminal erases whole characters.
  modes.writeUInt32LE((modes.readUInt32LE(0) | IUTF8) >>> 0, 0)
  return modes
}

/** Sets the size of a terminal. Its program gets SIGWINCH if it differs. */
export const setSize = (functions: Libc, fd: number, { cols, height = 0, rows, width = 0 }: Size): void => {
  const size = Buffer.alloc(8)
  for (const [index, value] of [rows, cols, width, height].entries()) size.writeUInt16LE(value, index * 2)
  functions.ioctl(fd, TIOCSWINSZ, size)
}

const setOf = (hex: string): Buffer => {
  const set = Buffer.alloc(SIGSET_BYTES)
  set.writeBigUInt64LE(BigInt(`0x${hex}`))
  return set
}

const membersOf = (hex: string): ReadonlyArray<number> => {
  const set = BigInt(`0x${hex}`)
  return Array.from({ length: SIGNALS }, (_, index) => index + 1).filter((nr) => (set >> BigInt(nr - 1)) & 1n)
}

/**
 * Runs with these signals ignored, which a new program inherits. The handlers of this process are away for the time of
 * one system call.
 */
const ignoring = <A>(functions: Libc, signals: ReadonlyArray<number>, run: () => A): A => {
  const ignore = Buffer.alloc(STRUCT_BYTES)
  // SIG_IGN
  ignore.writeBigUInt64LE(1n)
  const before = signals.map((signal) => {
    const old = Buffer.alloc(STRUCT_BYTES)
    return { signal, old, isSet: functions.sigaction(signal, ignore, old) === 0 }
  })
  try {
    return run()
  } finally {
    for (const { isSet, old, signal } of before) if (isSet) functions.sigaction(signal, old, null)
  }
}

/** A call that returns the error, and does not set errno. */
const checked = (name: string, error: number): void => {
  if (error === 0) return
  const [code, reason] = getSystemErrorMap().get(-error) ?? []
  throw Object.assign(new Error(`${name} fails: ${reason ?? error}`), { errno: -error, code })
}

const failed = (name: string): Error => new Error(`${name} fails`)

interface Program {
  readonly file: Buffer
  readonly args: ReadonlyArray<Buffer>
  readonly env: ReadonlyArray<Buffer>
  readonly device: string
  readonly signals: SignalSets
}

/** Gives the pid. Terminal `device` becomes its controlling terminal, as the first that its new session opens. */
const spawn = (functions: Libc, { args, device, env, file, signals }: Program): number => {
  const [actions, attributes, pid] = [Buffer.alloc(STRUCT_BYTES), Buffer.alloc(STRUCT_BYTES), Buffer.alloc(4)]
  const path = cString(Buffer.from(device))
  const [argv, environ] = [new CStrings(args), new CStrings(env)]
  const ignored = membersOf(signals.ignored)
  checked("posix_spawn", functions.posix_spawn_file_actions_init(actions))
  checked("posix_spawn", functions.posix_spawnattr_init(attributes))
  try {
    functions.posix_spawn_file_actions_addopen(actions, 0, path, fs.constants.O_RDWR, 0)
    for (const fd of [1, 2]) functions.posix_spawn_file_actions_adddup2(actions, 0, fd)
    functions.posix_spawnattr_setflags(attributes, FLAGS)
    const toDefault = setOf(signals.ignored).map((byte, at) => at < SIGNALS / 8 ? 0xff ^ byte : byte)
    functions.posix_spawnattr_setsigdefault(attributes, Buffer.from(toDefault))
    functions.posix_spawnattr_setsigmask(attributes, setOf(signals.blocked))
    const error = ignoring(
      functions,
      ignored,
      () => functions.posix_spawn(pid, cString(file), actions, attributes, argv.pointers, environ.pointers)
    )
    checked("posix_spawn", error)
    return pid.readInt32LE()
  } finally {
    functions.posix_spawn_file_actions_destroy(actions)
    functions.posix_spawnattr_destroy(attributes)
  }
}

/** wait(2): a signal's number in the lowest seven bits, or else the status in the next byte. */
const statusOf = (status: number): ExitStatus =>
  (status & 0x7f) === 0 ? { code: (status >> 8) & 0xff } : { code: 0, signal: status & 0x7f }

const WNOHANG = 1

/** For a program whose status is not known: no success. */
const LOST_STATUS = 255

/** Calls back once, when the system reports the program's end. */
const whenEnded = (functions: Libc, pid: number, onExit: (status: ExitStatus) => void): void => {
  let isReported = false
  const look = () => {
    // The status is given once. The signal may come before the first look: that must not ask again.
    if (isReported) return
    const status = Buffer.alloc(4)
    const found = functions.waitpid(pid, status, WNOHANG)
    if (found === 0) return
    isReported = true
    stop()
    // Else somebody has taken the status, which nothing here does.
    onExit(found === pid ? statusOf(status.readInt32LE()) : { code: LOST_STATUS })
  }
  const stop = listen({ SIGCHLD: look })
  setImmediate(look)
}

/** No shell's: execvp(3) takes /bin/sh for a file that the system cannot run, as it has no first line that says how. */
const isForeign = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).errno === -constants.errno.ENOEXEC

/** With `dir` as the working directory, for the time of one call. */
const inDirectory = <A>(functions: Libc, dir: Buffer, run: () => A): A => {
  const before = process.cwd()
  if (functions.chdir(cString(dir)) !== 0) throw failed("chdir")
  try {
    return run()
  } finally {
    functions.chdir(cString(Buffer.from(before)))
  }
}

const NO_SIGNALS: SignalSets = { blocked: "0", ignored: "0" }

interface NewTerminal {
  /** The master side. */
  readonly fd: number
  readonly slave: number
  /** Path of the slave side. */
  readonly device: string
}

const { O_NOCTTY, O_NONBLOCK, O_RDWR } = fs.constants

/** Both sides are close-on-exec, as all that Node opens. */
const openTerminal = (functions: Libc): NewTerminal => {
  const fd = fs.openSync("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
  try {
    const name = Buffer.alloc(STRUCT_BYTES)
    if (functions.unlockpt(fd) !== 0) throw failed("unlockpt")
    checked("ptsname", functions.ptsname_r(fd, name, BigInt(name.length)))
    const device = name.toString("latin1", 0, name.indexOf(0))
    return { fd, device, slave: fs.openSync(device, O_RDWR | O_NOCTTY) }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

const SH = Buffer.from("/bin/sh")

/** The bit of SIGCHLD in a set. */
const CHILD_SIGNAL = 1n << BigInt(constants.signals.SIGCHLD - 1)

/**
 * Without SIGCHLD: POSIX leaves open whether a new program finds it ignored (exec). While we ignored it for that, the
 * system would keep no status of a program that ends at once.
 */
const keepingStatus = ({ blocked, ignored }: SignalSets): SignalSets => ({
  blocked,
  ignored: (BigInt(`0x${ignored}`) & ~CHILD_SIGNAL).toString(16)
})

/** `file`: what the system gets; `spec.file` is the name that the program sees. */
const startOn = (functions: Libc, device: string, spec: PtySpec, file: string): number => {
  const args = [spec.file, ...spec.args].map(toBytes)
  const program: Program = {
    file: toBytes(file),
    args,
    env: Object.entries(spec.env).map(([name, value]) => toBytes(`${name}=${value}`)),
    device,
    signals: keepingStatus(spec.signals ?? NO_SIGNALS)
  }
  return inDirectory(functions, toBytes(spec.cwd), () => {
    try {
      return spawn(functions, program)
    } catch (error) {
      if (!isForeign(error)) throw error
      return spawn(functions, { ...program, file: SH, args: [SH, program.file, ...args.slice(1)] })
    }
  })
}

/** Starts a program on a new terminal; as the addon's `fork`. */
export const spawnOnTerminal = (
  functions: Libc,
  spec: PtySpec,
  file: string,
  onExit: (status: ExitStatus) => void
): { readonly fd: number; readonly pid: number; readonly pty: string } => {
  const { device, fd, slave } = openTerminal(functions)
  try {
    functions.tcsetattr(slave, 0, modesFor(functions, slave, spec.modes))
    setSize(functions, fd, spec.size)
    const pid = startOn(functions, device, spec, file)
    whenEnded(functions, pid, onExit)
    return { fd, pid, pty: device }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  } finally {
    fs.closeSync(slave)
  }
}
