export const removeLibatomic: (bytes: Buffer) => boolean
export const stripped: (bytes: Buffer) => Buffer
