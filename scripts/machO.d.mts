export interface MachO {
  readonly cpu: "x64" | "arm64" | undefined
  /** The oldest macOS that it is for. */
  readonly oldest: string | undefined
  readonly libraries: ReadonlyArray<string>
  readonly isSigned: boolean
}

export const OLDEST_MACOS: string
export const readMachO: (bytes: Buffer) => MachO
export const problemOnMacOS: (
  cpu: string,
  bytes: Buffer,
  options?: { readonly signed?: boolean }
) => string | undefined
