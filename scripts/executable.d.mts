export const join: (node: Buffer, unused: { readonly from: number; readonly to: number }, notes: Buffer) => Buffer
export const notesOf: (bytes: Buffer) => Buffer
