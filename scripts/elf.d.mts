export interface Elf {
  readonly bytes: Buffer
  readonly machine: "x64" | "arm64" | undefined
  readonly sections: ReadonlyArray<{ readonly allocated: boolean; readonly offset: number; readonly size: number }>
}

export const readElf: (bytes: Buffer) => Elf
export const neededLibraries: (elf: Elf) => ReadonlyArray<{ readonly name: string }>
export const neededVersions: (
  elf: Elf
) => ReadonlyArray<{ readonly library: string; readonly versions: ReadonlyArray<{ readonly name: string }> }>
export const functionRelocations: (
  elf: Elf
) => ReadonlyArray<{ readonly at: number; readonly type: number; readonly name: string }>
