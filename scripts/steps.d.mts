export const npmWith: (own: string, version?: string, cli?: string) => ReadonlyArray<string>
export const outsideEnv: (env?: NodeJS.ProcessEnv) => NodeJS.ProcessEnv
export const removeLeft: (dir: string, beginning: string) => void
export const requireNode: (version?: string) => void
