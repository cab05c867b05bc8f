/** What Node does not tell of a terminal. Linux only. */
import type { Size } from "../../schema/Session.ts"
import { type Functions, functionsOf } from "./libc.ts"

const DEFINITIONS = {
  ioctl: { return: "i32", arguments: ["i32", "u64", "pointer"] },
  tcgetattr: { return: "i32", arguments: ["i32", "pointer"] }
} as const

let loaded: Functions<typeof DEFINITIONS> | undefined

/** Takes two milliseconds, once: to be done while something else is waited for. */
export const loadTerminalCalls = (): void => void (loaded ??= functionsOf(DEFINITIONS))

/** asm-generic/ioctls.h */
const TIOCGWINSZ = 0x5413n

/** struct termios (bits/termios-struct.h) */
const TERMIOS_BYTES = 60

/** The size in pixels. Nothing where the terminal does not know it, and before `loadTerminalCalls`. */
export const pixelsOf = (fd: number): Pick<Size, "width" | "height"> => {
  const size = Buffer.alloc(8)
  if (loaded === undefined || loaded.ioctl(fd, TIOCGWINSZ, size) !== 0) return {}
  const [width, height] = [size.readUInt16LE(4), size.readUInt16LE(6)]
  return width > 0 && height > 0 ? { width, height } : {}
}

/** Its modes (`struct termios`) in hexadecimal; undefined where the descriptor is no terminal. */
export const modesOf = (fd: number): string | undefined => {
  loadTerminalCalls()
  const modes = Buffer.alloc(TERMIOS_BYTES)
  return loaded?.tcgetattr(fd, modes) === 0 ? modes.toString("hex") : undefined
}
