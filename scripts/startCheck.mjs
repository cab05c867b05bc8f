/**
 * Has the executable of Linux end in a sentence where its process may not have what Node needs to start. Node itself
 * aborts with a trace of its own code, or waits for ever for a thread that it could not start.
 */
import { EXECUTABLE, functionRelocations, readElf, SEGMENT } from "./elf.mjs"
import { appendMemory, FIXED, KIND_AT, START_AT } from "./inherited.mjs"
import { appendCode, assembled, isBoundNow } from "./portable.mjs"

/** Bytes of addresses, and of data in them, that Node 26 reserves at its start, and a session's daemon later. */
const ADDRESS_BYTES = 1_250_000_000
const DATA_BYTES = 680_000_000

/** What is said: the limits named here are enough. */
const TEXTS = [
  "sesh: the limit of memory is too low here: allow 1.5 GB (ulimit -v, ulimit -d)\n",
  "sesh: the limit of open files is too low here: allow 32 (ulimit -n)\n",
  "sesh: no more processes or threads can be started here (ulimit -u, or the limit of a container)\n"
]

/** Room for a text, behind its length. */
const TEXT_BYTES = 112

/** The number with which the process ends. */
const STATUS_BYTES = 4

/**
 * Two routines. `begin` runs before the program's own start: it notes the status to end with, 125 if one of the
 * arguments is `--exec`, else 1; asks the system for addresses and data (mmap, mprotect), and for 20 descriptors
 * (eventfd2): Node takes 19. All of that it gives back. `create` is called in the place of pthread_create. It tries
 * again for a second where the system has no thread (EAGAIN), then ends the process. Behind them come the words `exec`,
 * `bytes`, `data`, `status`, `real`, where the function's address is, and `start`; then the texts.
 */
const ROUTINES = {
  x64: [
    "48 89 d3", // begin:  mov    %rdx, %rbx
    "48 8d 74 24 08", //         lea    8(%rsp), %rsi
    "bd 01 00 00 00", //         mov    $1, %ebp
    "48 ad", // 1:      lodsq
    "48 85 c0", //         test   %rax, %rax
    "74 27", //         je     3f
    "48 8b 10", //         mov    (%rax), %rdx
    "48 c1 e2 08", //         shl    $8, %rdx
    "48 3b 15 46 01 00 00", //         cmp    exec(%rip), %rdx
    "74 12", //         je     2f
    "48 c1 e2 20", //         shl    $32, %rdx
    "48 c1 ea 28", //         shr    $40, %rdx
    "81 fa 2d 2d 00 00", //         cmp    $0x2d2d, %edx
    "75 d9", //         jne    1b
    "eb 05", //         jmp    3f
    "bd 7d 00 00 00", // 2:      mov    $125, %ebp
    "48 8b 05 3e 01 00 00", // 3:      mov    status(%rip), %rax
    "89 28", //         mov    %ebp, (%rax)
    "31 ff", //         xor    %edi, %edi
    "48 8b 35 23 01 00 00", //         mov    bytes(%rip), %rsi
    "31 d2", //         xor    %edx, %edx
    "41 ba 22 40 00 00", //         mov    $0x4022, %r10d
    "49 83 c8 ff", //         or     $-1, %r8
    "45 31 c9", //         xor    %r9d, %r9d
    "b8 09 00 00 00", //         mov    $9, %eax
    "0f 05", //         syscall
    "48 8d 35 2e 01 00 00", //         lea    memory(%rip), %rsi
    "48 83 f8 f4", //         cmp    $-12, %rax
    "0f 84 cb 00 00 00", //         je     fail
    "48 89 c7", //         mov    %rax, %rdi
    "48 8b 35 fa 00 00 00", //         mov    data(%rip), %rsi
    "ba 03 00 00 00", //         mov    $3, %edx
    "b8 0a 00 00 00", //         mov    $10, %eax
    "0f 05", //         syscall
    "48 8d 35 07 01 00 00", //         lea    memory(%rip), %rsi
    "48 83 f8 f4", //         cmp    $-12, %rax
    "0f 84 a4 00 00 00", //         je     fail
    "48 8b 35 ce 00 00 00", //         mov    bytes(%rip), %rsi
    "b8 0b 00 00 00", //         mov    $11, %eax
    "0f 05", //         syscall
    "48 89 e5", //         mov    %rsp, %rbp
    "41 bc 14 00 00 00", //         mov    $20, %r12d
    "31 ff", // 4:      xor    %edi, %edi
    "31 f6", //         xor    %esi, %esi
    "b8 22 01 00 00", //         mov    $290, %eax
    "0f 05", //         syscall
    "83 f8 e8", //         cmp    $-24, %eax
    "74 06", //         je     5f
    "50", //         push   %rax
    "41 ff cc", //         dec    %r12d
    "75 ea", //         jnz    4b
    "48 39 e5", // 5:      cmp    %rsp, %rbp
    "74 0a", //         je     6f
    "5f", //         pop    %rdi
    "b8 03 00 00 00", //         mov    $3, %eax
    "0f 05", //         syscall
    "eb f1", //         jmp    5b
    "48 8d 35 2a 01 00 00", // 6:      lea    files(%rip), %rsi
    "45 85 e4", //         test   %r12d, %r12d
    "75 5c", //         jnz    fail
    "48 89 da", //         mov    %rbx, %rdx
    "ff 25 a4 00 00 00", //         jmp    *start(%rip)
    "53", // create: push   %rbx
    "57", //         push   %rdi
    "56", //         push   %rsi
    "52", //         push   %rdx
    "51", //         push   %rcx
    "bb 14 00 00 00", //         mov    $20, %ebx
    "48 8b 0c 24", // 7:      mov    (%rsp), %rcx
    "48 8b 54 24 08", //         mov    8(%rsp), %rdx
    "48 8b 74 24 10", //         mov    16(%rsp), %rsi
    "48 8b 7c 24 18", //         mov    24(%rsp), %rdi
    "48 8b 05 78 00 00 00", //         mov    real(%rip), %rax
    "ff 10", //         call   *(%rax)
    "83 f8 0b", //         cmp    $11, %eax
    "75 1b", //         jne    8f
    "ff cb", //         dec    %ebx
    "78 1d", //         js     9f
    "68 80 f0 fa 02", //         push   $50000000
    "6a 00", //         push   $0
    "48 89 e7", //         mov    %rsp, %rdi
    "31 f6", //         xor    %esi, %esi
    "b8 23 00 00 00", //         mov    $35, %eax
    "0f 05", //         syscall
    "58", //         pop    %rax
    "58", //         pop    %rax
    "eb c4", //         jmp    7b
    "59", // 8:      pop    %rcx
    "5a", //         pop    %rdx
    "5e", //         pop    %rsi
    "5f", //         pop    %rdi
    "5b", //         pop    %rbx
    "c3", //         ret
    "48 8d 35 39 01 00 00", // 9:      lea    threads(%rip), %rsi
    "0f b6 16", // fail:   movzbl (%rsi), %edx
    "48 ff c6", //         inc    %rsi
    "bf 02 00 00 00", //         mov    $2, %edi
    "b8 01 00 00 00", //         mov    $1, %eax
    "0f 05", //         syscall
    "48 8b 05 28 00 00 00", //         mov    status(%rip), %rax
    "8b 38", //         mov    (%rax), %edi
    "b8 e7 00 00 00", //         mov    $231, %eax
    "0f 05" //         syscall
  ],
  arm64: [
    "e9 03 00 aa", // begin:  mov    x9, x0
    "ea 23 00 91", //         add    x10, sp, #8
    "2b 00 80 52", //         mov    w11, #1
    "2c 0c 00 58", //         ldr    x12, exec
    "4d 85 40 f8", // 1:      ldr    x13, [x10], #8
    "4d 01 00 b4", //         cbz    x13, 3f
    "ae 01 40 f9", //         ldr    x14, [x13]
    "9f 21 0e eb", //         cmp    x12, x14, lsl #8
    "c0 00 00 54", //         b.eq   2f
    "ce 5d 00 12", //         and    w14, w14, #0xffffff
    "af a5 85 52", //         mov    w15, #0x2d2d
    "df 01 0f 6b", //         cmp    w14, w15
    "01 ff ff 54", //         b.ne   1b
    "02 00 00 14", //         b      3f
    "ab 0f 80 52", // 2:      mov    w11, #125
    "6c 0b 00 58", // 3:      ldr    x12, status
    "8b 01 00 b9", //         str    w11, [x12]
    "00 00 80 d2", //         mov    x0, #0
    "81 0a 00 58", //         ldr    x1, bytes
    "02 00 80 d2", //         mov    x2, #0
    "43 04 88 52", //         mov    w3, #0x4022
    "04 00 80 92", //         mov    x4, #-1
    "05 00 80 d2", //         mov    x5, #0
    "c8 1b 80 d2", //         mov    x8, #222
    "01 00 00 d4", //         svc    #0
    "e6 0a 00 10", //         adr    x6, memory
    "1f 30 00 b1", //         cmn    x0, #12
    "e0 07 00 54", //         b.eq   fail
    "ea 03 00 aa", //         mov    x10, x0
    "61 09 00 58", //         ldr    x1, data
    "62 00 80 d2", //         mov    x2, #3
    "48 1c 80 d2", //         mov    x8, #226
    "01 00 00 d4", //         svc    #0
    "1f 30 00 b1", //         cmn    x0, #12
    "00 07 00 54", //         b.eq   fail
    "e0 03 0a aa", //         mov    x0, x10
    "41 08 00 58", //         ldr    x1, bytes
    "e8 1a 80 d2", //         mov    x8, #215
    "01 00 00 d4", //         svc    #0
    "ec 03 00 91", //         mov    x12, sp
    "8d 02 80 52", //         mov    w13, #20
    "00 00 80 d2", // 4:      mov    x0, #0
    "01 00 80 d2", //         mov    x1, #0
    "68 02 80 d2", //         mov    x8, #19
    "01 00 00 d4", //         svc    #0
    "1f 60 00 31", //         cmn    w0, #24
    "80 00 00 54", //         b.eq   5f
    "e0 0f 1f f8", //         str    x0, [sp, #-16]!
    "ad 05 00 71", //         subs   w13, w13, #1
    "01 ff ff 54", //         b.ne   4b
    "ee 03 00 91", // 5:      mov    x14, sp
    "df 01 0c eb", //         cmp    x14, x12
    "a0 00 00 54", //         b.eq   6f
    "e0 07 41 f8", //         ldr    x0, [sp], #16
    "28 07 80 d2", //         mov    x8, #57
    "01 00 00 d4", //         svc    #0
    "fa ff ff 17", //         b      5b
    "66 0a 00 10", // 6:      adr    x6, files
    "0d 04 00 35", //         cbnz   w13, fail
    "e0 03 09 aa", //         mov    x0, x9
    "50 06 00 58", //         ldr    x16, start
    "00 02 1f d6", //         br     x16
    "fd 7b bc a9", // create: stp    x29, x30, [sp, #-64]!
    "fd 03 00 91", //         mov    x29, sp
    "e0 07 01 a9", //         stp    x0, x1, [sp, #16]
    "e2 0f 02 a9", //         stp    x2, x3, [sp, #32]
    "f3 1b 00 f9", //         str    x19, [sp, #48]
    "93 02 80 52", //         mov    w19, #20
    "e0 07 41 a9", // 7:      ldp    x0, x1, [sp, #16]
    "e2 0f 42 a9", //         ldp    x2, x3, [sp, #32]
    "d0 04 00 58", //         ldr    x16, real
    "10 02 40 f9", //         ldr    x16, [x16]
    "00 02 3f d6", //         blr    x16
    "1f 2c 00 71", //         cmp    w0, #11
    "81 01 00 54", //         b.ne   8f
    "73 06 00 71", //         subs   w19, w19, #1
    "a4 01 00 54", //         b.mi   9f
    "01 10 9e 52", //         mov    w1, #0xf080
    "41 5f a0 72", //         movk   w1, #0x2fa, lsl #16
    "ff 07 bf a9", //         stp    xzr, x1, [sp, #-16]!
    "e0 03 00 91", //         mov    x0, sp
    "01 00 80 d2", //         mov    x1, #0
    "a8 0c 80 d2", //         mov    x8, #101
    "01 00 00 d4", //         svc    #0
    "ff 43 00 91", //         add    sp, sp, #16
    "ef ff ff 17", //         b      7b
    "f3 1b 40 f9", // 8:      ldr    x19, [sp, #48]
    "fd 7b c4 a8", //         ldp    x29, x30, [sp], #64
    "c0 03 5f d6", //         ret
    "e6 09 00 10", // 9:      adr    x6, threads
    "c2 14 40 38", // fail:   ldrb   w2, [x6], #1
    "e1 03 06 aa", //         mov    x1, x6
    "40 00 80 d2", //         mov    x0, #2
    "08 08 80 d2", //         mov    x8, #64
    "01 00 00 d4", //         svc    #0
    "66 01 00 58", //         ldr    x6, status
    "c0 00 40 b9", //         ldr    w0, [x6]
    "c8 0b 80 d2", //         mov    x8, #94
    "01 00 00 d4" //         svc    #0
  ]
}

/** Where `create` begins, by the only instruction of its kind. */
const CREATE = { x64: "5357565251bb", arm64: "fd7bbca9" }

/** The words begin at a multiple of this. */
const WORD_BYTES = 8

/** The address to which an entry of the procedure linkage table jumps by way of another one; undefined: it is none. */
const TARGETS = {
  // jmp *(%rip)
  x64: (bytes, at, address) => bytes.readUInt16LE(at) === 0x25ff ? address + 6 + bytes.readInt32LE(at + 2) : undefined,
  // adrp x16, page; ldr x17, [x16, #offset]
  arm64: (bytes, at, address) => {
    const [page, load] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
    if (((page & 0x9f00001f) >>> 0) !== 0x90000010 || ((load & 0xffc003ff) >>> 0) !== 0xf9400211) return undefined
    const pages = (((page >>> 5) & 0x7ffff) << 2 | ((page >>> 29) & 3)) << 11 >> 11
    return (Math.floor(address / 4096) + pages) * 4096 + ((load >>> 10) & 0xfff) * 8
  }
}

/** Writes a jump to an address there. */
const JUMPS = {
  x64: (bytes, at, distance) => {
    bytes[at] = 0xe9
    bytes.writeInt32LE(distance - 5, at + 1)
  },
  arm64: (bytes, at, distance) => bytes.writeUInt32LE((0x14000000 | ((distance >> 2) & 0x3ffffff)) >>> 0, at)
}

/** Entries of the table are as long, and as aligned, on both machines. */
const ENTRY_BYTES = 16

/** Where in the file, and at which addresses, this one calls a function whose address the loader puts at `slot`. */
const callsBy = ({ bytes, machine, segments }, slot) => {
  const { address, fileSize, offset } = segments.find(({ flags, type }) =>
    type === SEGMENT.load && (flags & EXECUTABLE) !== 0
  )
  const found = []
  for (let at = -address & (ENTRY_BYTES - 1); at + ENTRY_BYTES <= fileSize; at += ENTRY_BYTES) {
    if (TARGETS[machine](bytes, offset + at, address + at) === slot) {
      found.push({ at: offset + at, address: address + at })
    }
  }
  return found
}

const textOf = (text) => {
  const room = Buffer.alloc(TEXT_BYTES)
  room[0] = room.write(text, 1, "latin1")
  return room
}

/** A changed copy of Node. */
export const checkAtStart = (node) => {
  const bytes = Buffer.from(node)
  const { machine } = readElf(bytes)
  const relocations = functionRelocations(readElf(bytes)).filter(({ name }) => name === "pthread_create")
  const slot = relocations.length === 1 ? Number(bytes.readBigUInt64LE(relocations[0].at)) : undefined
  const calls = slot === undefined ? [] : callsBy(readElf(bytes), slot)
  const isKnown = isBoundNow(readElf(bytes)) && calls.length === 1 && bytes.readUInt16LE(KIND_AT) === FIXED
  if (!isKnown) throw new Error("this Node starts threads in another way than the one that is known here")

  const routines = assembled(ROUTINES[machine])
  const words = Buffer.alloc(6 * WORD_BYTES)
  words.write("--exec", 1, "latin1")
  const status = appendMemory(readElf(bytes), STATUS_BYTES)
  const start = bytes.readBigUInt64LE(START_AT)
  for (const [index, value] of [ADDRESS_BYTES, DATA_BYTES, status, slot, start].entries()) {
    words.writeBigUInt64LE(BigInt(value), (index + 1) * WORD_BYTES)
  }
  const padding = Buffer.alloc(-routines.length & (WORD_BYTES - 1))
  const begin = appendCode(readElf(bytes), Buffer.concat([routines, padding, words, ...TEXTS.map(textOf)]))
  bytes.writeBigUInt64LE(BigInt(begin), START_AT)
  const [call] = calls
  const create = begin + routines.indexOf(CREATE[machine], "hex")
  JUMPS[machine](bytes, call.at, create - call.address)
  return bytes
}
