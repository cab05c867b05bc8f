export interface Machine {
  readonly own: string
  readonly path: string
  readonly root: string
}

export const problemWith: (platform: string, on?: Machine) => string | undefined
export const runnerOf: (platform: string, on?: Machine) => ReadonlyArray<string>
