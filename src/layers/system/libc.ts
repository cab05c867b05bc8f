/**
 * Functions of the C library that Node does not offer, through node:ffi. Linux only: the structures that they take are
 * laid out as in glibc for 64 bits. Loading takes two milliseconds, so it is done when something is first needed.
 */
import type { DynamicLibraryResult, FunctionDefinitions } from "node:ffi"
import { quietly } from "./quietly.ts"

/** Node warns of every experimental module on standard error, which is the user's. */
const withoutWarning = <A>(run: () => A): A => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return run()
  } finally {
    process.emitWarning = emitWarning
  }
}

export type Functions<T extends FunctionDefinitions> = DynamicLibraryResult<T>["functions"]

/** Undefined where there are no such functions: on another system, or in a Node without node:ffi. */
export const functionsOf = <const T extends FunctionDefinitions>(definitions: T): Functions<T> | undefined =>
  process.platform !== "linux"
    ? undefined
    : quietly(() => withoutWarning(() => process.getBuiltinModule("node:ffi").dlopen(null, definitions).functions))

/** Strings in memory as C has them, and an array of pointers to them that ends with NULL. */
export class CStrings {
  readonly pointers: Buffer
  /** Held, so that the pointers stay valid. */
  readonly bytes: Buffer

  constructor(strings: ReadonlyArray<Buffer>) {
    this.bytes = Buffer.concat(strings.flatMap((one) => [one, Buffer.of(0)]))
    this.pointers = Buffer.alloc((strings.length + 1) * 8)
    let at = process.getBuiltinModule("node:ffi").getRawPointer(this.bytes)
    for (const [index, one] of strings.entries()) {
      this.pointers.writeBigUInt64LE(at, index * 8)
      at += BigInt(one.length + 1)
    }
  }
}

/** One of them. */
export const cString = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.of(0)])
