export const keepInherited: (node: Buffer) => Buffer
