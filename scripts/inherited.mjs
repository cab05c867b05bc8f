/**
 * Has the executable of Linux keep what its caller had, for the programs that it starts: Node's start changes that, and
 * no option of Node prevents it (PlatformInit in node.cc). Node lifts the soft limit of open files to the hard one, and
 * makes all signals unblocked and not ignored. It also ends at once for some values of its own variables.
 */
import { functionRelocations, readElf, SEGMENT } from "./elf.mjs"
import { appendCode, assembled, callInstead, isBoundNow } from "./portable.mjs"

/** int setrlimit64(int, const struct rlimit64 *): fails. Node asks for more open files, and goes on without them. */
const REFUSAL = {
  x64: [
    "b8 ff ff ff ff", // mov    $-1, %eax
    "c3" //              ret
  ],
  arm64: [
    "00 00 80 12", //    mov    w0, #-1
    "c0 03 5f d6" //     ret
  ]
}

/**
 * Runs before the program's own start. Asks which signals are blocked (rt_sigprocmask) and which of the 64 are ignored
 * (rt_sigaction). Takes variables that are meant for Node itself out of the table of the environment. Then writes each
 * of the two sets to `text` as 16 letters, `a` for 0 to `p` for 15, and puts these texts behind argv[0]. What /proc
 * tells of the environment and the arguments stays as it was. Behind the code come NAMES, `text` and `start`.
 */
const BEGINNING = {
  x64: [
    "49 89 d0", //                    mov    %rdx, %r8
    "48 8d 54 24 c0", //              lea    -64(%rsp), %rdx
    "41 ba 08 00 00 00", //           mov    $8, %r10d
    "31 ff", //                       xor    %edi, %edi
    "31 f6", //                       xor    %esi, %esi
    "b8 0e 00 00 00", //              mov    $14, %eax
    "0f 05", //                       syscall
    "4c 8b 0a", //                    mov    (%rdx), %r9
    "31 db", //                       xor    %ebx, %ebx
    "bf 40 00 00 00", //              mov    $64, %edi
    "b8 0d 00 00 00", //           1: mov    $13, %eax
    "0f 05", //                       syscall
    "48 83 3a 01", //                 cmpq   $1, (%rdx)
    "75 07", //                       jne    2f
    "8d 4f ff", //                    lea    -1(%rdi), %ecx
    "48 0f ab cb", //                 bts    %rcx, %rbx
    "ff cf", //                    2: dec    %edi
    "75 e8", //                       jnz    1b
    "48 8b 0c 24", //                 mov    (%rsp), %rcx
    "48 8d 74 cc 10", //              lea    16(%rsp,%rcx,8), %rsi
    "48 89 f7", //                    mov    %rsi, %rdi
    "48 ad", //                    3: lodsq
    "48 85 c0", //                    test   %rax, %rax
    "74 4d", //                       je     5f
    "48 8b 10", //                    mov    (%rax), %rdx
    "48 3b 15 98 00 00 00", //        cmp    openssl(%rip), %rdx
    "74 ed", //                       je     3b
    "81 fa 4e 4f 44 45", //           cmp    $"NODE", %edx
    "75 27", //                       jne    6f
    "80 78 04 5f", //                 cmpb   $'_', 4(%rax)
    "75 2f", //                       jne    4f
    "48 8b 50 05", //                 mov    5(%rax), %rdx
    "48 3b 15 85 00 00 00", //        cmp    extra(%rip), %rdx
    "74 22", //                       je     4f
    "48 3b 15 84 00 00 00", //        cmp    use(%rip), %rdx
    "74 19", //                       je     4f
    "48 3b 15 83 00 00 00", //        cmp    tls(%rip), %rdx
    "74 10", //                       je     4f
    "eb be", //                       jmp    3b
    "81 e2 ff ff ff 00", //        6: and    $0xffffff, %edx
    "81 fa 55 56 5f 00", //           cmp    $"UV_", %edx
    "74 b0", //                       je     3b
    "48 ab", //                    4: stosq
    "eb ac", //                       jmp    3b
    "48 ab", //                    5: stosq
    "48 8b 3d 6c 00 00 00", //        mov    text(%rip), %rdi
    "48 89 fe", //                    mov    %rdi, %rsi
    "4c 89 c8", //                    mov    %r9, %rax
    "e8 1f 00 00 00", //              call   7f
    "48 89 d8", //                    mov    %rbx, %rax
    "e8 17 00 00 00", //              call   7f
    "59", //                          pop    %rcx
    "5a", //                          pop    %rdx
    "48 8d 46 11", //                 lea    17(%rsi), %rax
    "50", //                          push   %rax
    "56", //                          push   %rsi
    "52", //                          push   %rdx
    "48 83 c1 02", //                 add    $2, %rcx
    "51", //                          push   %rcx
    "4c 89 c2", //                    mov    %r8, %rdx
    "ff 25 4a 00 00 00", //           jmp    *start(%rip)
    "b9 10 00 00 00", //           7: mov    $16, %ecx
    "48 c1 c0 04", //              8: rol    $4, %rax
    "89 c2", //                       mov    %eax, %edx
    "83 e2 0f", //                    and    $15, %edx
    "83 c2 61", //                    add    $97, %edx
    "88 17", //                       mov    %dl, (%rdi)
    "48 ff c7", //                    inc    %rdi
    "ff c9", //                       dec    %ecx
    "75 eb", //                       jnz    8b
    "c6 07 00", //                    movb   $0, (%rdi)
    "48 ff c7", //                    inc    %rdi
    "c3", //                          ret
    "90" //                           nop
  ],
  arm64: [
    "e9 03 00 aa", //                 mov    x9, x0
    "e2 03 01 d1", //                 sub    x2, sp, #64
    "00 00 80 d2", //                 mov    x0, #0
    "01 00 80 d2", //                 mov    x1, #0
    "03 01 80 d2", //                 mov    x3, #8
    "e8 10 80 d2", //                 mov    x8, #135
    "01 00 00 d4", //                 svc    #0
    "4a 00 40 f9", //                 ldr    x10, [x2]
    "0b 00 80 d2", //                 mov    x11, #0
    "0c 08 80 d2", //                 mov    x12, #64
    "e0 03 0c aa", //              1: mov    x0, x12
    "c8 10 80 d2", //                 mov    x8, #134
    "01 00 00 d4", //                 svc    #0
    "4d 00 40 f9", //                 ldr    x13, [x2]
    "bf 05 00 f1", //                 cmp    x13, #1
    "a1 00 00 54", //                 b.ne   2f
    "8e 05 00 d1", //                 sub    x14, x12, #1
    "2f 00 80 d2", //                 mov    x15, #1
    "ef 21 ce 9a", //                 lsl    x15, x15, x14
    "6b 01 0f aa", //                 orr    x11, x11, x15
    "8c 05 00 f1", //              2: subs   x12, x12, #1
    "a1 fe ff 54", //                 b.ne   1b
    "ec 03 40 f9", //                 ldr    x12, [sp]
    "ec 6f 2c 8b", //                 add    x12, sp, x12, lsl #3
    "8c 41 00 91", //                 add    x12, x12, #16
    "ed 03 0c aa", //                 mov    x13, x12
    "0e 06 00 10", //                 adr    x14, names
    "c1 09 40 a9", //                 ldp    x1, x2, [x14]
    "c3 11 41 a9", //                 ldp    x3, x4, [x14, #16]
    "85 85 40 f8", //              3: ldr    x5, [x12], #8
    "65 02 00 b4", //                 cbz    x5, 5f
    "a6 00 40 f9", //                 ldr    x6, [x5]
    "df 00 01 eb", //                 cmp    x6, x1
    "80 ff ff 54", //                 b.eq   3b
    "c7 5c 40 92", //                 and    x7, x6, #0xffffff
    "cf 21 40 b9", //                 ldr    w15, [x14, #32]
    "ff 00 0f 6b", //                 cmp    w7, w15
    "00 ff ff 54", //                 b.eq   3b
    "c7 9c 40 92", //                 and    x7, x6, #0xffffffffff
    "cf 15 40 f9", //                 ldr    x15, [x14, #40]
    "ff 00 0f eb", //                 cmp    x7, x15
    "c1 00 00 54", //                 b.ne   4f
    "a6 50 40 f8", //                 ldur   x6, [x5, #5]
    "df 00 02 eb", //                 cmp    x6, x2
    "c4 10 43 fa", //                 ccmp   x6, x3, #4, ne
    "c4 10 44 fa", //                 ccmp   x6, x4, #4, ne
    "e1 fd ff 54", //                 b.ne   3b
    "a5 85 00 f8", //              4: str    x5, [x13], #8
    "ed ff ff 17", //                 b      3b
    "bf 01 00 f9", //              5: str    xzr, [x13]
    "84 04 00 58", //                 ldr    x4, text
    "e5 03 04 aa", //                 mov    x5, x4
    "e6 03 0a aa", //                 mov    x6, x10
    "0b 00 00 94", //                 bl     7f
    "e6 03 0b aa", //                 mov    x6, x11
    "09 00 00 94", //                 bl     7f
    "ec 37 40 a9", //                 ldp    x12, x13, [sp]
    "8c 09 00 91", //                 add    x12, x12, #2
    "8e 44 00 91", //                 add    x14, x4, #17
    "e4 3b 00 a9", //                 stp    x4, x14, [sp]
    "ec 37 bf a9", //                 stp    x12, x13, [sp, #-16]!
    "e0 03 09 aa", //                 mov    x0, x9
    "50 03 00 58", //                 ldr    x16, start
    "00 02 1f d6", //                 br     x16
    "07 02 80 d2", //              7: mov    x7, #16
    "c6 f0 c6 93", //              8: ror    x6, x6, #60
    "cd 0c 40 92", //                 and    x13, x6, #15
    "ad 85 01 91", //                 add    x13, x13, #97
    "ad 14 00 38", //                 strb   w13, [x5], #1
    "e7 04 00 f1", //                 subs   x7, x7, #1
    "61 ff ff 54", //                 b.ne   8b
    "bf 14 00 38", //                 strb   wzr, [x5], #1
    "c0 03 5f d6", //                 ret
    "1f 20 03 d5" //                  nop
  ]
}

/**
 * Beginnings of names. Of Node's own variables, those about certificates stay: they are for connections that sesh
 * makes. The others change how Node starts, or keep it from starting: that of a session's programs is meant.
 */
const NAMES = {
  x64: "OPENSSL_EXTRA_CAUSE_SYSTTLS_REJE",
  arm64: "OPENSSL_EXTRA_CAUSE_SYSTTLS_REJEUV_\0\0\0\0\0NODE_\0\0\0"
}

/** Two sets of 16 letters, and a NUL after each. */
const TEXT_BYTES = 34

/** Where the header has the address at which the program starts (e_entry), and what kind of file it is (e_type). */
export const START_AT = 24
export const KIND_AT = 16

/** ET_EXEC: its addresses are those in memory. */
export const FIXED = 2

/** SHT_NOBITS */
const ZEROS = 8

/** Memory behind that of the program's variables; gives its address. */
export const appendMemory = ({ bytes, sections, segments }, size) => {
  const segment = segments.findLast(({ type }) => type === SEGMENT.load)
  const last = sections.findLast((one) => one.allocated && one.address >= segment.address)
  const end = segment.address + segment.memorySize
  const address = Math.ceil(end / 16) * 16
  if (last === undefined || last.type !== ZEROS) throw new Error("the last section of this Node is not its memory")
  bytes.writeBigUInt64LE(BigInt(address + size - segment.address), segment.at + 40)
  bytes.writeBigUInt64LE(BigInt(address + size - last.address), last.at + 32)
  return address
}

/** A changed copy of Node. What is made of it finds the two sets of signals in front of its arguments. */
export const keepInherited = (node) => {
  const bytes = Buffer.from(node)
  const limits = functionRelocations(readElf(bytes)).filter(({ name }) => name === "setrlimit64")
  const isKnown = isBoundNow(readElf(bytes)) && limits.length === 1 && bytes.readUInt16LE(KIND_AT) === FIXED
  if (!isKnown) throw new Error("this Node starts in another way than the one that is known here")
  const { machine } = readElf(bytes)
  callInstead(readElf(bytes), limits[0], appendCode(readElf(bytes), assembled(REFUSAL[machine])))

  const code = Buffer.concat([assembled(BEGINNING[machine]), Buffer.from(NAMES[machine]), Buffer.alloc(16)])
  code.writeBigUInt64LE(BigInt(appendMemory(readElf(bytes), TEXT_BYTES)), code.length - 16)
  bytes.copy(code, code.length - 8, START_AT, START_AT + 8)
  bytes.writeBigUInt64LE(BigInt(appendCode(readElf(bytes), code)), START_AT)
  return bytes
}
