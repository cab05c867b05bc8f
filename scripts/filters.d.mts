export const mayTestOthers: (root: string, args: ReadonlyArray<string>) => boolean
