export const problemWith: (platform: string) => string | undefined
export const runnerOf: (platform: string) => ReadonlyArray<string>
