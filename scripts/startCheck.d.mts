export const checkAtStart: (node: Buffer) => Buffer
