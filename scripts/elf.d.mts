export interface Elf {
  readonly bytes: Buffer
  readonly machine: "x64" | "arm64" | undefined
  readonly segments: ReadonlyArray<{
    readonly type: number
    readonly offset: number
    readonly address: number
    readonly fileSize: number
    readonly memorySize: number
  }>
  readonly sections: ReadonlyArray<{
    readonly at: number
    readonly allocated: boolean
    readonly address: number
    readonly offset: number
    readonly size: number
  }>
}

export const SEGMENT: { readonly load: 1; readonly dynamic: 2; readonly note: 4; readonly table: 6 }
export const readElf: (bytes: Buffer) => Elf
export const offsetOf: (elf: Elf, address: number) => number
export const symbols: (
  elf: Elf
) => ReadonlyArray<{ readonly name: string; readonly address: number; readonly size: number }>
export const neededLibraries: (elf: Elf) => ReadonlyArray<{ readonly name: string }>
export const neededVersions: (
  elf: Elf
) => ReadonlyArray<{ readonly library: string; readonly versions: ReadonlyArray<{ readonly name: string }> }>
export const functionRelocations: (
  elf: Elf
) => ReadonlyArray<{ readonly at: number; readonly type: number; readonly name: string }>
